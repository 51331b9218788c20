/* insula-corpus: title: a function that ends the process
 * insula-corpus: expect: INS401
 * insula-corpus: answers: clean=no
 * insula-corpus: why: what a program would do about a bug of its own is no answer to an argument: nobody gets an exception.
 */
#include "corpus.h"

#include <stdio.h>
#include <stdlib.h>

static PyObject *
half(PyObject *Py_UNUSED(module), PyObject *value)
{
    long number = PyLong_AsLong(value);
    if (number == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (number < 0) {
        fprintf(stderr, "half: no number\n");
        exit(1);
    }
    return PyLong_FromLong(number / 2);
}

static PyMethodDef methods[] = {
    {"half", half, METH_O, "The half."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins401_exits",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins401_exits(void)
{
    return PyModuleDef_Init(&definition);
}
