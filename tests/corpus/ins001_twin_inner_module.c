/* insula-corpus: title: multi-phase, with an inner module that PyModule_Create makes
 * insula-corpus: twin-of: ins001_single_phase ins001_single_phase_copied
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the file imports the functions of both kinds of initialisation, but the inner module is an object like any other: each outer module gets its own.
 */
#include "corpus.h"

static PyObject *
twice(PyObject *Py_UNUSED(module), PyObject *value)
{
    return PyNumber_Add(value, value);
}

static PyMethodDef inner_methods[] = {
    {"twice", twice, METH_O, "A value, added to itself."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef inner_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins001_twin_inner_module.inner",
    .m_size = 0,
    .m_methods = inner_methods,
};

static int
exec_module(PyObject *module)
{
    PyObject *inner = PyModule_Create(&inner_definition);
    if (inner == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "inner", inner);
    Py_DECREF(inner);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins001_twin_inner_module",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins001_twin_inner_module(void)
{
    return PyModuleDef_Init(&definition);
}
