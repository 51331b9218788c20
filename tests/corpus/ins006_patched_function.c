/* insula-corpus: title: import replaces a function of another module
 * insula-corpus: expect: INS006 INS207
 * insula-corpus: answers: clean=no
 * insula-corpus: why: every caller of posixpath.basename gets the replacement from then on.
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
    PyObject *other = PyImport_ImportModule("posixpath");
    PyObject *own = other == NULL ? NULL : PyObject_GetAttrString(module, "nothing");
    int result = own == NULL ? -1 : PyObject_SetAttrString(other, "basename", own);
    Py_XDECREF(own);
    Py_XDECREF(other);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins006_patched_function",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins006_patched_function(void)
{
    return PyModuleDef_Init(&definition);
}
