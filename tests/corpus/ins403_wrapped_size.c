/* insula-corpus: title: a size that wraps around for an empty text
 * insula-corpus: expect: INS403
 * insula-corpus: answers: clean=no
 * insula-corpus: why: an empty text asks for all memory.
 */
#include "corpus.h"

static PyObject *
tail(PyObject *Py_UNUSED(module), PyObject *text)
{
    if (!PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "a str is needed");
        return NULL;
    }
    size_t size = (size_t)PyUnicode_GET_LENGTH(text) - 1;
    char *block = PyMem_Malloc(size);
    if (block == NULL) {
        return PyErr_NoMemory();
    }
    PyMem_Free(block);
    return PyLong_FromSize_t(size);
}

static PyMethodDef methods[] = {
    {"tail", tail, METH_O, "The rest."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins403_wrapped_size",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins403_wrapped_size(void)
{
    return PyModuleDef_Init(&definition);
}
