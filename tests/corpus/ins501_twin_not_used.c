/* insula-corpus: title: a module without state that says it needs no GIL
 * insula-corpus: twin-of: ins501_slot_missing ins501_gil_used
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: nothing is shared, so that threads may run it at the same time.
 */
#include "corpus.h"

static PyObject *
twice(PyObject *Py_UNUSED(module), PyObject *number)
{
    return PyNumber_Add(number, number);
}

static PyMethodDef methods[] = {
    {"twice", twice, METH_O, "The sum of a number and itself."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins501_twin_not_used",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins501_twin_not_used(void)
{
    return PyModuleDef_Init(&definition);
}
