/* insula-corpus: title: the same functions, which check
 * insula-corpus: twin-of: ins401_null_text ins401_unchecked_str
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: what has no text, and what cannot be encoded, is an exception.
 */
#include "corpus.h"

#include <string.h>

static PyObject *
length(PyObject *Py_UNUSED(module), PyObject *value)
{
    PyObject *text = PyObject_Str(value);
    if (text == NULL) {
        return NULL;
    }
    const char *bytes = PyUnicode_AsUTF8(text);
    PyObject *result = bytes == NULL ? NULL : PyLong_FromSize_t(strlen(bytes));
    Py_DECREF(text);
    return result;
}

static PyMethodDef methods[] = {
    {"length", length, METH_O, "Bytes of a text."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins401_twin_checked",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins401_twin_checked(void)
{
    return PyModuleDef_Init(&definition);
}
