/* insula-corpus: title: a function returns bytes that it has released
 * insula-corpus: expect: INS402
 * insula-corpus: may: INS211 INS401 INS305
 * insula-corpus: answers: clean=no
 * insula-corpus: why: its memory is free when the caller gets it.
 */
#include "corpus.h"

static PyObject *
copy(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    PyObject *made = PyBytes_FromString("bytes that nobody has");
    Py_XDECREF(made);
    return made;
}

static PyMethodDef methods[] = {
    {"copy", copy, METH_NOARGS, "Some bytes."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins402_freed_bytes",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins402_freed_bytes(void)
{
    return PyModuleDef_Init(&definition);
}
