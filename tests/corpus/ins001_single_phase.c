/* insula-corpus: title: single-phase initialisation, initialised anew by every import
 * insula-corpus: expect: INS001 INS501
 * insula-corpus: answers: own-gil=no parallel=no clean=no
 * insula-corpus: why: PyInit makes the module object itself, so CPython cannot give each interpreter its own loading; own-GIL interpreters refuse it.
 */
#include "corpus.h"

static PyObject *
answer(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    return PyLong_FromLong(42);
}

static PyMethodDef methods[] = {
    {"answer", answer, METH_NOARGS, "The answer."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins001_single_phase",
    .m_size = 0,
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit_ins001_single_phase(void)
{
    return PyModule_Create(&definition);
}
