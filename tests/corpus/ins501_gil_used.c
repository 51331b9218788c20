/* insula-corpus: title: a module without state that says it needs the GIL
 * insula-corpus: expect: INS501
 * insula-corpus: answers:
 * insula-corpus: why: the slot is there, with the wrong value.
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
    {Py_mod_gil, Py_MOD_GIL_USED},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins501_gil_used",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins501_gil_used(void)
{
    return PyModuleDef_Init(&definition);
}
