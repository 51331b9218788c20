/* insula-corpus: title: answers otherwise after some calls, whoever else lives in the process
 * insula-corpus: twin-of: ins305_closed_for_all ins101_global_module ins106_last_import_wins
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the number of calls is the module object's own; that an answer changes is no other interpreter's doing.
 */
#include "corpus.h"

typedef struct {
    long calls;
} state;

/* As a method that is compiled after enough calls, or a log that is written at times. */
static PyObject *
is_warm(PyObject *module, PyObject *Py_UNUSED(args))
{
    state *st = PyModule_GetState(module);
    return PyBool_FromLong(++st->calls > 5);
}

static PyMethodDef methods[] = {
    {"is_warm", is_warm, METH_NOARGS, "Whether it was called often."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins305_twin_warms_up",
    .m_size = sizeof(state),
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins305_twin_warms_up(void)
{
    return PyModuleDef_Init(&definition);
}
