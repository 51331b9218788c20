/* insula-corpus: title: NULL without an exception
 * insula-corpus: expect: INS402
 * insula-corpus: answers: clean=no
 * insula-corpus: why: CPython can only say SystemError.
 */
#include "corpus.h"

static PyObject *
first(PyObject *Py_UNUSED(module), PyObject *value)
{
    if (!PyTuple_Check(value) || PyTuple_GET_SIZE(value) == 0) {
        return NULL;
    }
    return Py_NewRef(PyTuple_GET_ITEM(value, 0));
}

static PyMethodDef methods[] = {
    {"first", first, METH_O, "The first item."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins402_null_without_error",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins402_null_without_error(void)
{
    return PyModuleDef_Init(&definition);
}
