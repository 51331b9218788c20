/* insula-corpus: title: a tuple in a global
 * insula-corpus: expect: INS002 INS003 INS102 INS106 INS501
 * insula-corpus: answers: legacy=no own-gil=no parallel=no clean=no
 * insula-corpus: why: immutable, but it lives in one interpreter's heap and its reference count is guarded by that interpreter's GIL.
 */
#include "corpus.h"

static PyObject *constant;

static PyObject *
is_constant(PyObject *Py_UNUSED(module), PyObject *value)
{
    return PyObject_RichCompare(value, constant, Py_EQ);
}

static PyMethodDef methods[] = {
    {"is_constant", is_constant, METH_O, "Whether a value equals the constant."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *module)
{
    constant = Py_BuildValue("(ss)", "first", "second");
    return PyModule_AddObjectRef(module, "constant", constant);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins102_global_tuple",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins102_global_tuple(void)
{
    return PyModuleDef_Init(&definition);
}
