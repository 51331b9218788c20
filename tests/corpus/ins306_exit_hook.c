/* insula-corpus: title: believes that the end of the runtime is the end of the process
 * insula-corpus: expect: INS004 INS306
 * insula-corpus: answers: restart=no
 * insula-corpus: why: an exit hook shuts the library down; Py_Initialize does not bring it back.
 */
#include "corpus.h"

static int closed;
static int hooked;

static void
shut_down(void)
{
    closed = 1;
}

static int
exec_module(PyObject *Py_UNUSED(module))
{
    if (closed) {
        PyErr_SetString(PyExc_RuntimeError, "the library has been shut down");
        return -1;
    }
    if (!hooked) {
        hooked = 1;
        return Py_AtExit(shut_down);
    }
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins306_exit_hook",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins306_exit_hook(void)
{
    return PyModuleDef_Init(&definition);
}
