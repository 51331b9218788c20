/* insula-corpus: title: no tp_clear, since what it holds is given once and cannot be changed
 * insula-corpus: twin-of: ins210_no_clear ins210_clear_forgets_one
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: like a tuple: every cycle through it goes through something that can be cleared.
 */
#include "corpus.h"
#include <structmember.h>
#include <stddef.h>

typedef struct {
    PyObject_HEAD
    PyObject *key;
    PyObject *value;
} entry;

static int
entry_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((entry *)self)->key);
    Py_VISIT(((entry *)self)->value);
    return 0;
}

static void
entry_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((entry *)self)->key);
    Py_XDECREF(((entry *)self)->value);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
entry_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *key, *value = Py_None;
    if (!PyArg_ParseTuple(args, "O|O", &key, &value)) {
        return NULL;
    }
    entry *self = (entry *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->key = Py_NewRef(key);
        self->value = Py_NewRef(value);
    }
    return (PyObject *)self;
}

static PyMemberDef entry_members[] = {
    {"key", T_OBJECT_EX, offsetof(entry, key), READONLY, "Its key."},
    {"value", T_OBJECT_EX, offsetof(entry, value), READONLY, "Its value."},
    {NULL, 0, 0, 0, NULL}};

static PyType_Slot entry_slots[] = {
    {Py_tp_new, entry_new},
    {Py_tp_traverse, entry_traverse},
    {Py_tp_dealloc, entry_dealloc},
    {Py_tp_members, entry_members},
    {0, NULL}};

static PyType_Spec entry_spec = {
    .name = "ins210_twin_like_a_tuple.Entry",
    .basicsize = sizeof(entry),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = entry_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &entry_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Entry", type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins210_twin_like_a_tuple",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins210_twin_like_a_tuple(void)
{
    return PyModuleDef_Init(&definition);
}
