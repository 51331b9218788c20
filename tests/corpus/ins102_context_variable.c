/* insula-corpus: title: a context variable that all threads share
 * insula-corpus: expect: INS002 INS003 INS102
 * insula-corpus: answers: own-gil=undeclared clean=no
 * insula-corpus: why: the variable never changes (what is set in it belongs to a thread's context, and CPython guards that), so that threads may share it; but it stays the first interpreter's for all others.
 */
#include "corpus.h"

static PyObject *precision;

static int
exec_module(PyObject *Py_UNUSED(module))
{
    if (precision == NULL) {
        precision = PyContextVar_New("ins102_context_variable.precision", NULL);
    }
    return precision == NULL ? -1 : 0;
}

static PyObject *
precision_set(PyObject *Py_UNUSED(module), PyObject *value)
{
    PyObject *token = PyContextVar_Set(precision, value);
    if (token == NULL) {
        return NULL;
    }
    Py_DECREF(token);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"set", precision_set, METH_O, "set(value)"},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins102_context_variable",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins102_context_variable(void)
{
    return PyModuleDef_Init(&definition);
}
