/* insula-corpus: title: a thread-local number
 * insula-corpus: twin-of: ins108_thread_local_list
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: a number belongs to no interpreter.
 */
#include "corpus.h"

static _Thread_local long calls;

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
    .m_name = "ins108_twin_number",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins108_twin_number(void)
{
    return PyModuleDef_Init(&definition);
}
