/* insula-corpus: title: an interned string in a global
 * insula-corpus: expect: INS002 INS003 INS102 INS501
 * insula-corpus: answers: own-gil=undeclared clean=no
 * insula-corpus: why: interned strings are immortal on some versions and shared by legacy interpreters; under an own GIL each interpreter has its own table.
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
    if (constant == NULL) {
        constant = PyUnicode_InternFromString("ins102_interned_key");
    }
    return PyModule_AddObjectRef(module, "constant", constant);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins102_interned_str",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins102_interned_str(void)
{
    return PyModuleDef_Init(&definition);
}
