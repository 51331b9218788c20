/* insula-corpus: title: import adds a name to builtins
 * insula-corpus: expect: INS006
 * insula-corpus: answers:
 * insula-corpus: why: all modules of the interpreter see the name.
 */
#include "corpus.h"

static PyObject *
nothing(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"nothing", nothing, METH_NOARGS, "Nothing."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *module)
{
    PyObject *builtins = PyEval_GetBuiltins();
    (void)module;
    return PyDict_SetItemString(builtins, "ins006_name", Py_None);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins006_builtin_name",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins006_builtin_name(void)
{
    return PyModuleDef_Init(&definition);
}
