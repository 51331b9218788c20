/* insula-corpus: title: multi-phase without state, and nothing to keep
 * insula-corpus: twin-of: ins002_size_zero
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: m_size 0 is right where the only globals are constants and tables of C functions.
 */
#include "corpus.h"

static const char *const names[] = {"zero", "one", "two"};

static PyObject *
name_of(PyObject *Py_UNUSED(module), PyObject *number)
{
    long n = PyLong_AsLong(number);
    if (n == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (n < 0 || n > 2) {
        PyErr_SetString(PyExc_ValueError, "no name for this number");
        return NULL;
    }
    return PyUnicode_FromString(names[n]);
}

static PyMethodDef methods[] = {
    {"name_of", name_of, METH_O, "The name of a small number."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *module)
{
    return PyModule_AddIntConstant(module, "LARGEST", 2);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins002_twin_stateless",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins002_twin_stateless(void)
{
    return PyModuleDef_Init(&definition);
}
