/* insula-corpus: title: one thing only the main interpreter may do is left out in the others
 * insula-corpus: twin-of: ins302_crashes_beside_main ins302_fails_beside_main
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: pending signals are handled by the main interpreter alone; in all others the module has the same names and answers without.
 */
#include "corpus.h"

typedef struct {
    int is_main;
} state;

static int
exec_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    st->is_main = PyInterpreterState_Get() == PyInterpreterState_Main();
    return 0;
}

static PyObject *
poll(PyObject *module, PyObject *Py_UNUSED(args))
{
    state *st = PyModule_GetState(module);
    if (st->is_main && PyErr_CheckSignals() < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"poll", poll, METH_NOARGS, "Handle what is pending."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins302_twin_main_does_more",
    .m_size = sizeof(state),
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins302_twin_main_does_more(void)
{
    return PyModuleDef_Init(&definition);
}
