/* insula-corpus: title: a function returns a text that it has released
 * insula-corpus: expect: INS402
 * insula-corpus: may: INS211 INS401 INS305
 * insula-corpus: answers: clean=no
 * insula-corpus: why: its memory is free when the caller gets it.
 */
#include "corpus.h"

static PyObject *
text(PyObject *Py_UNUSED(module), PyObject *value)
{
    PyObject *made = PyUnicode_FromFormat("a text about %s", Py_TYPE(value)->tp_name);
    Py_XDECREF(made);
    return made;
}

static PyMethodDef methods[] = {
    {"text", text, METH_O, "A text about the type of a value."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins402_freed_text",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins402_freed_text(void)
{
    return PyModuleDef_Init(&definition);
}
