/* insula-corpus: title: the text of an object, without a check for NULL
 * insula-corpus: expect: INS401
 * insula-corpus: answers: clean=no
 * insula-corpus: why: __str__ may raise, and then PyObject_Str returns NULL.
 */
#include "corpus.h"

static PyObject *
letters(PyObject *Py_UNUSED(module), PyObject *value)
{
    PyObject *text = PyObject_Str(value);
    Py_ssize_t size = PyUnicode_GET_LENGTH(text);
    Py_DECREF(text);
    return PyLong_FromSsize_t(size);
}

static PyMethodDef methods[] = {
    {"letters", letters, METH_O, "How long its text is."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins401_unchecked_str",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins401_unchecked_str(void)
{
    return PyModuleDef_Init(&definition);
}
