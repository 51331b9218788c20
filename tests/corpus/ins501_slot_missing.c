/* insula-corpus: title: a module without state that says nothing about the GIL
 * insula-corpus: expect: INS501
 * insula-corpus: answers:
 * insula-corpus: why: free-threaded builds take silence for "needs the GIL", and turn it on.
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
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins501_slot_missing",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins501_slot_missing(void)
{
    return PyModuleDef_Init(&definition);
}
