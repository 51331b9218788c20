/* insula-corpus: title: an exit handler of the C library makes a Python object
 * insula-corpus: expect: INS309
 * insula-corpus: answers: exit=no
 * insula-corpus: why: when the C library runs it, the interpreter is gone, and with it the thread state that the call needs.
 */
#include "corpus.h"

#include <pthread.h>
#include <stdlib.h>

static void
say_goodbye(void)
{
    /* There is no thread state any more: this ends the process by a signal. */
    PyErr_SetString(PyExc_RuntimeError, "goodbye");
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
hook(void)
{
    atexit(say_goodbye);
}

static int
exec_module(PyObject *Py_UNUSED(module))
{
    pthread_once(&once, hook);
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins309_exit_handler",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins309_exit_handler(void)
{
    return PyModuleDef_Init(&definition);
}
