/* insula-corpus: title: refuses to be executed twice, but may be loaded as often as one likes
 * insula-corpus: twin-of: ins005_once_per_interpreter ins005_once_per_process ins005_racing_guard
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the flag belongs to the module object; only a second exec of that same object meets it.
 */
#include "corpus.h"

typedef struct {
    int executed;
} state;

static int
exec_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    if (st->executed) {
        PyErr_SetString(PyExc_ImportError, "cannot load module more than once per process");
        return -1;
    }
    st->executed = 1;
    return PyModule_AddIntConstant(module, "answer", 42);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins005_twin_guard_in_state",
    .m_size = sizeof(state),
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins005_twin_guard_in_state(void)
{
    return PyModuleDef_Init(&definition);
}
