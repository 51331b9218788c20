/* insula-corpus: title: the bytes of a str, without a check for NULL
 * insula-corpus: expect: INS401
 * insula-corpus: answers: clean=no
 * insula-corpus: why: a lone surrogate cannot be encoded.
 */
#include "corpus.h"

#include <string.h>

static PyObject *
length(PyObject *Py_UNUSED(module), PyObject *text)
{
    if (!PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "a str is needed");
        return NULL;
    }
    return PyLong_FromSize_t(strlen(PyUnicode_AsUTF8(text)));
}

static PyMethodDef methods[] = {
    {"length", length, METH_O, "Bytes of a text."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins401_null_text",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins401_null_text(void)
{
    return PyModuleDef_Init(&definition);
}
