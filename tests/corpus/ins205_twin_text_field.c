/* insula-corpus: title: a field that holds nothing but a str, on a type that is not collected
 * insula-corpus: twin-of: ins205_field_without_gc
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: a str leads nowhere, so there can be no cycle.
 */
#include "corpus.h"
#include <structmember.h>
#include <stddef.h>

typedef struct {
    PyObject_HEAD
    PyObject *value;
} holder;

static PyObject *
holder_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *text;
    if (!PyArg_ParseTuple(args, "U", &text)) {
        return NULL;
    }
    holder *self = (holder *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->value = PyUnicode_FromObject(text);
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

static PyType_Slot holder_slots[] = {
    {Py_tp_dealloc, holder_dealloc},
    {Py_tp_new, holder_new},
    {0, NULL}};

static PyType_Spec holder_spec = {
    .name = "ins205_twin_text_field.Holder",
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
    .m_name = "ins205_twin_text_field",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins205_twin_text_field(void)
{
    return PyModuleDef_Init(&definition);
}
