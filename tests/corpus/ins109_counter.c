/* insula-corpus: title: a counter in a global
 * insula-corpus: expect:
 * insula-corpus: informs: INS109
 * insula-corpus: answers:
 * insula-corpus: why: no object, but two GILs may count at the same time.
 */
#include "corpus.h"

static long calls;

static PyObject *
count(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    return PyLong_FromLong(++calls);
}

static PyMethodDef methods[] = {
    {"count", count, METH_NOARGS, "Count."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins109_counter",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins109_counter(void)
{
    return PyModuleDef_Init(&definition);
}
