/* insula-corpus: title: native memory per module object, reached through the state
 * insula-corpus: twin-of: ins107_behind_malloc
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the block is malloc'ed too, but each module object has its own, with a list of its own.
 */
#include "corpus.h"

struct block {
    int version;
    PyObject *subscribers;
};

typedef struct {
    struct block *block;
} state;

static int
exec_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    st->block = calloc(1, sizeof(*st->block));
    if (st->block == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    st->block->version = 7;
    st->block->subscribers = PyList_New(0);
    if (st->block->subscribers == NULL) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "subscribers", st->block->subscribers);
}

static int
traverse_module(PyObject *module, visitproc visit, void *arg)
{
    state *st = PyModule_GetState(module);
    if (st->block != NULL) {
        Py_VISIT(st->block->subscribers);
    }
    return 0;
}

static int
clear_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    if (st->block != NULL) {
        Py_CLEAR(st->block->subscribers);
    }
    return 0;
}

static void
free_module(void *module)
{
    state *st = PyModule_GetState(module);
    clear_module(module);
    free(st->block);
    st->block = NULL;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins107_twin_block_in_state",
    .m_size = sizeof(state),
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins107_twin_block_in_state(void)
{
    return PyModuleDef_Init(&definition);
}
