/* insula-corpus: title: pointers that are not visited, since others own what they point at
 * insula-corpus: twin-of: ins204_member_missed ins204_made_inside
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: a child borrows its parent, which takes the pointer back before it dies; what a view shows belongs to an object between them, which visits it; the text that names it leads nowhere.
 */
#include "corpus.h"
#include <structmember.h>
#include <stddef.h>

/* Owns what a view shows; not in the module's namespace. */
typedef struct {
    PyObject_HEAD
    PyObject *value;
} core;

typedef struct view {
    PyObject_HEAD
    PyObject *core;
    PyObject *name;
    /* Owned. */
    struct view *child;
    /* Borrowed: see view_dealloc. */
    struct view *parent;
} view;

typedef struct {
    PyTypeObject *core;
} state;

static int
core_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((core *)self)->value);
    return 0;
}

static int
core_clear(PyObject *self)
{
    Py_CLEAR(((core *)self)->value);
    return 0;
}

static void
core_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    core_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot core_slots[] = {
    {Py_tp_traverse, core_traverse},
    {Py_tp_clear, core_clear},
    {Py_tp_dealloc, core_dealloc},
    {0, NULL}};

static PyType_Spec core_spec = {
    .name = "ins204_twin_owned_elsewhere.Core",
    .basicsize = sizeof(core),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = core_slots,
};

static int
view_traverse(PyObject *self, visitproc visit, void *arg)
{
    view *own = (view *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(own->core);
    Py_VISIT(own->child);
    return 0;
}

static int
view_clear(PyObject *self)
{
    view *own = (view *)self;
    Py_CLEAR(own->core);
    if (own->child != NULL) {
        own->child->parent = NULL;
    }
    Py_CLEAR(own->child);
    return 0;
}

static void
view_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    view_clear(self);
    Py_CLEAR(((view *)self)->name);
    type->tp_free(self);
    Py_DECREF(type);
}

static view *
make_view(PyTypeObject *type, PyTypeObject *core_type, PyObject *value)
{
    view *self = (view *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    core *own = (core *)core_type->tp_alloc(core_type, 0);
    self->core = (PyObject *)own;
    self->name = PyUnicode_FromFormat("view of %s", Py_TYPE(value)->tp_name);
    if (own == NULL || self->name == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    own->value = Py_NewRef(value);
    return self;
}

static struct PyModuleDef definition;

static PyObject *
view_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *value, *module = PyType_GetModuleByDef(type, &definition);
    if (module == NULL || !PyArg_ParseTuple(args, "O", &value)) {
        return NULL;
    }
    state *st = PyModule_GetState(module);
    view *self = make_view(type, st->core, value);
    if (self == NULL) {
        return NULL;
    }
    self->child = make_view(type, st->core, value);
    if (self->child == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    self->child->parent = self;
    return (PyObject *)self;
}

static PyObject *
view_up(PyObject *self, PyObject *Py_UNUSED(args))
{
    view *child = ((view *)self)->child;
    return Py_NewRef(child == NULL || child->parent == NULL ? Py_None : (PyObject *)child->parent);
}

static PyMethodDef view_methods[] = {
    {"up", view_up, METH_NOARGS, "The parent of its child."},
    {NULL, NULL, 0, NULL}};

static PyMemberDef view_members[] = {
    {"name", T_OBJECT, offsetof(view, name), READONLY, "Its name."},
    {NULL, 0, 0, 0, NULL}};

static PyType_Slot view_slots[] = {
    {Py_tp_new, view_new},
    {Py_tp_traverse, view_traverse},
    {Py_tp_clear, view_clear},
    {Py_tp_dealloc, view_dealloc},
    {Py_tp_methods, view_methods},
    {Py_tp_members, view_members},
    {0, NULL}};

static PyType_Spec view_spec = {
    .name = "ins204_twin_owned_elsewhere.View",
    .basicsize = sizeof(view),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = view_slots,
};

static int
exec_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    st->core = (PyTypeObject *)PyType_FromModuleAndSpec(module, &core_spec, NULL);
    if (st->core == NULL) {
        return -1;
    }
    PyObject *type = PyType_FromModuleAndSpec(module, &view_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "View", type);
    Py_DECREF(type);
    return result;
}

static int
traverse_module(PyObject *module, visitproc visit, void *arg)
{
    state *st = PyModule_GetState(module);
    Py_VISIT(st->core);
    return 0;
}

static int
clear_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    Py_CLEAR(st->core);
    return 0;
}

static void
free_module(void *module)
{
    clear_module(module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins204_twin_owned_elsewhere",
    .m_size = sizeof(state),
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins204_twin_owned_elsewhere(void)
{
    return PyModuleDef_Init(&definition);
}
