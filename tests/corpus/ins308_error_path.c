/* insula-corpus: title: a function that frees its buffer, but not where its argument is wrong
 * insula-corpus: expect: INS308
 * insula-corpus: answers: clean=no
 * insula-corpus: why: the buffer is made before the argument is looked at, and the path for the error forgets it.
 */
#include "corpus.h"

static PyObject *
copy(PyObject *Py_UNUSED(module), PyObject *argument)
{
    char *buffer = malloc(100);
    if (buffer == NULL) {
        return PyErr_NoMemory();
    }
    if (!PyBytes_Check(argument)) {
        PyErr_SetString(PyExc_TypeError, "a bytes object is needed");
        return NULL;
    }
    Py_ssize_t length = PyBytes_GET_SIZE(argument) < 100 ? PyBytes_GET_SIZE(argument) : 100;
    memcpy(buffer, PyBytes_AS_STRING(argument), (size_t)length);
    PyObject *result = PyBytes_FromStringAndSize(buffer, length);
    free(buffer);
    return result;
}

static PyMethodDef methods[] = {
    {"copy", copy, METH_O, "The first hundred bytes."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins308_error_path",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins308_error_path(void)
{
    return PyModuleDef_Init(&definition);
}
