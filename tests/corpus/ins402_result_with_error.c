/* insula-corpus: title: a result, although an exception is set
 * insula-corpus: expect: INS402
 * insula-corpus: answers: clean=no
 * insula-corpus: why: CPython can only say SystemError.
 */
#include "corpus.h"

static PyObject *
length(PyObject *Py_UNUSED(module), PyObject *value)
{
    if (!PyList_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "a list is needed");
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"length", length, METH_O, "The length."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins402_result_with_error",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins402_result_with_error(void)
{
    return PyModuleDef_Init(&definition);
}
