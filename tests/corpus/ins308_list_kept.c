/* insula-corpus: title: PyList_Append of an object whose own reference is never given back
 * insula-corpus: expect: INS308
 * insula-corpus: answers: clean=no
 * insula-corpus: why: PyList_Append takes a reference of its own; the one that PyLong_FromSsize_t gave is lost with each call.
 */
#include "corpus.h"

static PyObject *
lengths(PyObject *Py_UNUSED(module), PyObject *argument)
{
    Py_ssize_t length = PyObject_Length(argument);
    if (length < 0) {
        return NULL;
    }
    PyObject *list = PyList_New(0);
    PyObject *number = PyLong_FromSsize_t(1000000 + length);
    if (list == NULL || number == NULL || PyList_Append(list, number) < 0) {
        Py_XDECREF(list);
        Py_XDECREF(number);
        return NULL;
    }
    /* Py_DECREF(number) is missing. */
    return list;
}

static PyMethodDef methods[] = {
    {"lengths", lengths, METH_O, "The length, and a million, in a list."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins308_list_kept",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins308_list_kept(void)
{
    return PyModuleDef_Init(&definition);
}
