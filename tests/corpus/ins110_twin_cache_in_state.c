/* insula-corpus: title: a function that keeps one dict for each module object
 * insula-corpus: twin-of: ins110_disguised_cache ins110_free_list
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: it gives the same dict at every call, but to one interpreter only.
 */
#include "corpus.h"

typedef struct {
    PyObject *settings;
} state;

static PyObject *
settings(PyObject *module, PyObject *Py_UNUSED(args))
{
    return Py_NewRef(((state *)PyModule_GetState(module))->settings);
}

static PyMethodDef methods[] = {
    {"settings", settings, METH_NOARGS, "The settings."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    st->settings = PyDict_New();
    return st->settings == NULL ? -1 : 0;
}

static int
traverse_module(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(((state *)PyModule_GetState(module))->settings);
    return 0;
}

static int
clear_module(PyObject *module)
{
    Py_CLEAR(((state *)PyModule_GetState(module))->settings);
    return 0;
}

static void
free_module(void *module)
{
    clear_module(module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins110_twin_cache_in_state",
    .m_size = sizeof(state),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins110_twin_cache_in_state(void)
{
    return PyModuleDef_Init(&definition);
}
