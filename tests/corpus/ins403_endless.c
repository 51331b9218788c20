/* insula-corpus: title: a loop that a negative number never ends
 * insula-corpus: expect: INS403
 * insula-corpus: answers: clean=no
 * insula-corpus: why: counting down from -1 does not meet zero soon.
 */
#include "corpus.h"

static PyObject *
count_down(PyObject *Py_UNUSED(module), PyObject *value)
{
    long volatile number = PyLong_AsLong(value);
    if (number == -1 && PyErr_Occurred()) {
        return NULL;
    }
    while (number != 0 && number < 1000000) {
        number -= number < 0 ? 0 : 1;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"count_down", count_down, METH_O, "Count."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins403_endless",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins403_endless(void)
{
    return PyModuleDef_Init(&definition);
}
