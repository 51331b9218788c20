/* insula-corpus: title: a static type
 * insula-corpus: expect: INS003 INS104 INS501
 * insula-corpus: answers: own-gil=undeclared parallel=no clean=no
 * insula-corpus: why: one structure for the whole process: its dict, its subclasses and its version tag are written by every interpreter.
 */
#include "corpus.h"

typedef struct {
    PyObject_HEAD
    double x, y;
} point;

static PyTypeObject point_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "ins104_static_type.Point",
    .tp_basicsize = sizeof(point),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
};

static int
exec_module(PyObject *module)
{
    return PyModule_AddType(module, &point_type);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins104_static_type",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins104_static_type(void)
{
    return PyModuleDef_Init(&definition);
}
