/* insula-corpus: title: a function returns the state's list without a reference of its own
 * insula-corpus: expect: INS211
 * insula-corpus: may: INS401 INS305 INS402 INS004
 * insula-corpus: answers: clean=no
 * insula-corpus: why: each call takes one reference away from the state.
 */
#include "corpus.h"

typedef struct {
    PyObject *list;
} state;

static PyObject *
get(PyObject *module, PyObject *Py_UNUSED(args))
{
    return ((state *)PyModule_GetState(module))->list;
}

static PyMethodDef methods[] = {
    {"get", get, METH_NOARGS, "The list."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    st->list = PyList_New(0);
    /* Also a name of the module, so that it takes a few calls until the list is freed. */
    return st->list == NULL ? -1 : PyModule_AddObjectRef(module, "items", st->list);
}

static int
traverse_module(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(((state *)PyModule_GetState(module))->list);
    return 0;
}

static int
clear_module(PyObject *module)
{
    Py_CLEAR(((state *)PyModule_GetState(module))->list);
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
    .m_name = "ins211_borrowed_result",
    .m_size = sizeof(state),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins211_borrowed_result(void)
{
    return PyModuleDef_Init(&definition);
}
