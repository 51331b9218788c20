/* insula-corpus: title: a thread-local exception class, made by the import
 * insula-corpus: expect: INS108
 * insula-corpus: may: INS207 INS307
 * insula-corpus: answers: clean=no
 * insula-corpus: why: the thread that imported it keeps the class of the interpreter that came last.
 */
#include "corpus.h"

static _Thread_local PyObject *error;

static PyObject *
get_error(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    return Py_NewRef(error == NULL ? Py_None : error);
}

static PyMethodDef methods[] = {
    {"get_error", get_error, METH_NOARGS, "The class."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *module)
{
    error = PyErr_NewException("ins108_thread_local_error.Error", NULL, NULL);
    return error == NULL ? -1 : PyModule_AddObjectRef(module, "Error", error);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins108_thread_local_error",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins108_thread_local_error(void)
{
    return PyModuleDef_Init(&definition);
}
