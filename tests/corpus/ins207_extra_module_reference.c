/* insula-corpus: title: exec keeps a reference to its module
 * insula-corpus: expect: INS207
 * insula-corpus: may: INS307
 * insula-corpus: answers: clean=no
 * insula-corpus: why: the module outlives its interpreter's last use of it.
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
    st->error = PyErr_NewException("ins207_extra_module_reference.Error", NULL, NULL);
    st->cache = PyDict_New();
    if (st->error == NULL || st->cache == NULL) {
        return -1;
    }
    Py_INCREF(module);
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
    .m_name = "ins207_extra_module_reference",
    .m_size = sizeof(state),
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins207_extra_module_reference(void)
{
    return PyModuleDef_Init(&definition);
}
