/* insula-corpus: title: an exit handler and a destructor that touch native memory only
 * insula-corpus: twin-of: ins309_exit_handler ins309_never_closed
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: both run after the interpreter is gone, and need nothing of it.
 */
#include "corpus.h"

#include <pthread.h>
#include <stdlib.h>

static char *buffer;

static void
release(void)
{
    free(buffer);
    buffer = NULL;
}

static void __attribute__((destructor))
check_released(void)
{
    if (buffer != NULL) {
        abort();
    }
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
take(void)
{
    buffer = malloc(100);
    atexit(release);
}

static int
exec_module(PyObject *Py_UNUSED(module))
{
    pthread_once(&once, take);
    return buffer == NULL ? PyErr_NoMemory(), -1 : 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins309_twin_native_handler",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins309_twin_native_handler(void)
{
    return PyModuleDef_Init(&definition);
}
