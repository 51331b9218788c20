/* insula-corpus: title: a static type, own GIL declared
 * insula-corpus: expect: INS004 INS104
 * insula-corpus: may: INS303 INS304
 * insula-corpus: answers: parallel=no clean=no
 * insula-corpus: why: the same structure written under several GILs.
 */
#include "corpus.h"

typedef struct {
    PyObject_HEAD
    double x, y;
} point;

static PyTypeObject point_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "ins104_declared_static_type.Point",
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
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins104_declared_static_type",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins104_declared_static_type(void)
{
    return PyModuleDef_Init(&definition);
}
