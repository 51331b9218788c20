/* insula-corpus: title: state objects, and no m_traverse
 * insula-corpus: expect: INS206
 * insula-corpus: may: INS207 INS307
 * insula-corpus: answers: clean=no
 * insula-corpus: why: the collector does not know what the module holds.
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
    st->error = PyErr_NewException("ins206_no_traverse.Error", NULL, NULL);
    st->cache = PyDict_New();
    if (st->error == NULL || st->cache == NULL) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "Error", st->error);
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
    .m_name = "ins206_no_traverse",
    .m_size = sizeof(state),
    .m_slots = slots,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins206_no_traverse(void)
{
    return PyModuleDef_Init(&definition);
}
