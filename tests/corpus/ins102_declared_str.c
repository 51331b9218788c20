/* insula-corpus: title: a text in a global, own GIL declared
 * insula-corpus: expect: INS002 INS004 INS102 INS106
 * insula-corpus: may: INS303 INS304
 * insula-corpus: answers: legacy=no own-gil=no parallel=no clean=no
 * insula-corpus: why: a warning where one GIL guards all, an error where each interpreter has its own.
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
    constant = PyUnicode_FromString("not interned, please");
    return PyModule_AddObjectRef(module, "constant", constant);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins102_declared_str",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins102_declared_str(void)
{
    return PyModuleDef_Init(&definition);
}
