/* insula-corpus: title: m_traverse visits all state objects
 * insula-corpus: twin-of: ins206_one_missed ins207_extra_type_reference ins207_extra_module_reference
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: everything that the state owns is visited, cleared and freed.
 */
#include "corpus.h"

typedef struct {
    PyObject *error;
    PyObject *cache;
} state;

static int
exec_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    st->error = PyErr_NewException("ins206_twin_all_visited.Error", NULL, NULL);
    st->cache = PyDict_New();
    if (st->error == NULL || st->cache == NULL) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "Error", st->error);
}

static int
traverse_module(PyObject *module, visitproc visit, void *arg)
{
    state *st = PyModule_GetState(module);
    Py_VISIT(st->error);
    Py_VISIT(st->cache);
    return 0;
}

static int
clear_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    Py_CLEAR(st->error);
    Py_CLEAR(st->cache);
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
    .m_name = "ins206_twin_all_visited",
    .m_size = sizeof(state),
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins206_twin_all_visited(void)
{
    return PyModuleDef_Init(&definition);
}
