/* insula-corpus: title: multi-phase without state, yet an exception class in a global
 * insula-corpus: expect: INS002 INS003 INS103 INS106 INS501
 * insula-corpus: may: INS307
 * insula-corpus: answers: legacy=no own-gil=no parallel=no clean=no
 * insula-corpus: why: m_size 0 says "I keep nothing", but every import overwrites the class that raise_error raises: the first interpreter's `except Error` no longer catches.
 */
#include "corpus.h"

static PyObject *error;

static PyObject *
raise_error(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    PyErr_SetString(error, "as asked");
    return NULL;
}

static PyMethodDef methods[] = {
    {"raise_error", raise_error, METH_NOARGS, "Raise Error."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *module)
{
    error = PyErr_NewException("ins002_size_zero.Error", NULL, NULL);
    return PyModule_AddObjectRef(module, "Error", error);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins002_size_zero",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins002_size_zero(void)
{
    return PyModuleDef_Init(&definition);
}
