/* insula-corpus: title: a buffer in a global that keeps the last argument
 * insula-corpus: expect:
 * insula-corpus: informs: INS109
 * insula-corpus: answers:
 * insula-corpus: why: another interpreter may read it half written.
 */
#include "corpus.h"

#include <string.h>

static char last[32];

static PyObject *
keep(PyObject *Py_UNUSED(module), PyObject *text)
{
    Py_ssize_t size;
    const char *bytes = PyUnicode_AsUTF8AndSize(text, &size);
    if (bytes == NULL) {
        return NULL;
    }
    memset(last, 0, sizeof(last));
    memcpy(last, bytes, size < 31 ? (size_t)size : 31);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"keep", keep, METH_O, "Keep."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins109_last_text",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins109_last_text(void)
{
    return PyModuleDef_Init(&definition);
}
