/* insula-corpus: title: import leaves an object in sys
 * insula-corpus: expect: INS006
 * insula-corpus: answers:
 * insula-corpus: why: what lies there outlives the module, and other code may rely on it.
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
    (void)module;
    PyObject *kept = PyList_New(0);
    int result = kept == NULL ? -1 : PySys_SetObject("ins006_kept", kept);
    Py_XDECREF(kept);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins006_left_in_sys",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins006_left_in_sys(void)
{
    return PyModuleDef_Init(&definition);
}
