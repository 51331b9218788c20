/* insula-corpus: title: exec forgets sixteen lists
 * insula-corpus: expect: INS307
 * insula-corpus: answers: clean=no
 * insula-corpus: why: each import leaves them behind.
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
    st->error = PyErr_NewException("ins307_leaked_lists.Error", NULL, NULL);
    st->cache = PyDict_New();
    if (st->error == NULL || st->cache == NULL) {
        return -1;
    }
    for (int i = 0; i < 16; i++) {
        if (PyList_New(4) == NULL) {
            return -1;
        }
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
    .m_name = "ins307_leaked_lists",
    .m_size = sizeof(state),
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins307_leaked_lists(void)
{
    return PyModuleDef_Init(&definition);
}
