/* insula-corpus: title: an imported module in a global
 * insula-corpus: expect: INS002 INS003 INS101 INS106 INS305 INS501
 * insula-corpus: answers: legacy=no own-gil=no parallel=no clean=no
 * insula-corpus: why: each interpreter has its own json; after the second import the first calls the second's.
 */
#include "corpus.h"

static PyObject *json;

static PyObject *
dump(PyObject *Py_UNUSED(module), PyObject *value)
{
    return PyObject_CallMethod(json, "dumps", "O", value);
}

static PyMethodDef methods[] = {
    {"dump", dump, METH_O, "The value as JSON."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *Py_UNUSED(module))
{
    json = PyImport_ImportModule("json");
    return json == NULL ? -1 : 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins101_global_module",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins101_global_module(void)
{
    return PyModuleDef_Init(&definition);
}
