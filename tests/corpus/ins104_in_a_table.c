/* insula-corpus: title: static types in a table, made ready when they are asked for by number
 * insula-corpus: expect: INS003 INS104 INS501
 * insula-corpus: answers: own-gil=undeclared parallel=no clean=no
 * insula-corpus: why: none of the numbers that anybody would try is one of theirs, but the types are the process's all the same.
 */
#include "corpus.h"

typedef struct {
    PyObject_HEAD
    double value;
} unit;

static PyObject *
unit_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<%s>", Py_TYPE(self)->tp_name);
}

#define UNIT(name)                                                                     \
    {                                                                                  \
        PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ins104_in_a_table." name,            \
        .tp_basicsize = sizeof(unit), .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, \
        .tp_repr = unit_repr, .tp_new = PyType_GenericNew,                             \
    }

static PyTypeObject units[] = {UNIT("Metre"), UNIT("Second"), UNIT("Gram")};

static PyObject *
unit_of(PyObject *Py_UNUSED(module), PyObject *value)
{
    long number = PyLong_AsLong(value);
    if (number == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (number < 41 || number > 43) {
        PyErr_SetString(PyExc_ValueError, "no unit has this number");
        return NULL;
    }
    PyTypeObject *type = &units[number - 41];
    return PyType_Ready(type) < 0 ? NULL : PyObject_CallNoArgs((PyObject *)type);
}

static PyMethodDef methods[] = {
    {"unit", unit_of, METH_O, "unit(number)"},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins104_in_a_table",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins104_in_a_table(void)
{
    return PyModuleDef_Init(&definition);
}
