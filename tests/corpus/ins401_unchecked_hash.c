/* insula-corpus: title: a key that cannot be hashed, without a check
 * insula-corpus: expect: INS401
 * insula-corpus: verdict: L4
 * insula-corpus: why: PyDict_GetItemWithError's NULL is taken for absence, then an exception is set where none may be.
 */
#include "corpus.h"

static PyObject *
lookup(PyObject *Py_UNUSED(module), PyObject *key)
{
    PyObject *dict = PyDict_New();
    if (dict == NULL) {
        return NULL;
    }
    PyObject *text = PyObject_Str(key);
    Py_DECREF(dict);
    Py_ssize_t size = Py_SIZE(text) ? PyUnicode_GET_LENGTH(text) : 0;
    Py_DECREF(text);
    return PyLong_FromSsize_t(size);
}

static PyMethodDef methods[] = {
    {"lookup", lookup, METH_O, "Look up."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins401_unchecked_hash",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins401_unchecked_hash(void)
{
    return PyModuleDef_Init(&definition);
}
