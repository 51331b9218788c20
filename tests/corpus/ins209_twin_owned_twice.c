/* insula-corpus: title: two members that hold the same object, each visited
 * insula-corpus: twin-of: ins209_borrowed_visited ins209_type_twice
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the collector is told of each reference once, and there are two.
 */
#include "corpus.h"
#include <structmember.h>
#include <stddef.h>

typedef struct {
    PyObject *nothing;
} state;

typedef struct {
    PyObject_HEAD
    PyObject *low;
    PyObject *high;
} range;

static int
range_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((range *)self)->low);
    Py_VISIT(((range *)self)->high);
    return 0;
}

static int
range_clear(PyObject *self)
{
    Py_CLEAR(((range *)self)->low);
    Py_CLEAR(((range *)self)->high);
    return 0;
}

static void
range_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    range_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static struct PyModuleDef definition;

/* Both ends are the module's own sentinel, unless the caller says otherwise. */
static PyObject *
range_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *module = PyType_GetModuleByDef(type, &definition);
    if (module == NULL) {
        return NULL;
    }
    PyObject *nothing = ((state *)PyModule_GetState(module))->nothing;
    PyObject *low = nothing, *high = nothing;
    if (!PyArg_ParseTuple(args, "|OO", &low, &high)) {
        return NULL;
    }
    range *self = (range *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->low = Py_NewRef(low);
        self->high = Py_NewRef(high);
    }
    return (PyObject *)self;
}

static PyMemberDef range_members[] = {
    {"low", T_OBJECT_EX, offsetof(range, low), 0, "Where it begins."},
    {"high", T_OBJECT_EX, offsetof(range, high), 0, "Where it ends."},
    {NULL, 0, 0, 0, NULL}};

static PyType_Slot range_slots[] = {
    {Py_tp_new, range_new},
    {Py_tp_traverse, range_traverse},
    {Py_tp_clear, range_clear},
    {Py_tp_dealloc, range_dealloc},
    {Py_tp_members, range_members},
    {0, NULL}};

static PyType_Spec range_spec = {
    .name = "ins209_twin_owned_twice.Range",
    .basicsize = sizeof(range),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = range_slots,
};

static int
exec_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    st->nothing = PyList_New(0);
    if (st->nothing == NULL) {
        return -1;
    }
    PyObject *type = PyType_FromModuleAndSpec(module, &range_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Range", type);
    Py_DECREF(type);
    return result;
}

static int
traverse_module(PyObject *module, visitproc visit, void *arg)
{
    state *st = PyModule_GetState(module);
    Py_VISIT(st->nothing);
    return 0;
}

static int
clear_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    Py_CLEAR(st->nothing);
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
    .m_name = "ins209_twin_owned_twice",
    .m_size = sizeof(state),
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins209_twin_owned_twice(void)
{
    return PyModuleDef_Init(&definition);
}
