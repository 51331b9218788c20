/* insula-corpus: title: a list for each instance of a type that is not collected
 * insula-corpus: expect: INS205
 * insula-corpus: answers: clean=no
 * insula-corpus: why: what the list holds may lead back to the instance.
 */
#include "corpus.h"
#include <structmember.h>
#include <stddef.h>

typedef struct {
    PyObject_HEAD
    PyObject *value;
} holder;

static PyObject *
holder_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    holder *self = (holder *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    self->value = PyList_New(0);
    if (self->value == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void
holder_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_CLEAR(((holder *)self)->value);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef holder_members[] = {
    {"value", T_OBJECT_EX, offsetof(holder, value), READONLY, "A list."},
    {NULL, 0, 0, 0, NULL}};

static PyType_Slot holder_slots[] = {
    {Py_tp_dealloc, holder_dealloc},
    {Py_tp_members, holder_members},
    {Py_tp_new, holder_new},
    {0, NULL}};

static PyType_Spec holder_spec = {
    .name = "ins205_list_without_gc.Holder",
    .basicsize = sizeof(holder),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = holder_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &holder_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Holder", type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins205_list_without_gc",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins205_list_without_gc(void)
{
    return PyModuleDef_Init(&definition);
}
