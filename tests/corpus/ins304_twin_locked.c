/* insula-corpus: title: the same table behind a lock
 * insula-corpus: twin-of: ins304_race_in_import ins304_race_in_use
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: a process-wide table of plain data is fine where a lock of its own guards it.
 */
#include "corpus.h"

#include <pthread.h>
#include <unistd.h>

#define ROWS 8
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int used;
static volatile int inside;

static int
exec_module(PyObject *Py_UNUSED(module))
{
    int alone = 1;
    /* No Python is run inside, so holding a GIL while waiting cannot deadlock. */
    pthread_mutex_lock(&lock);
    if (used < ROWS) {
        inside = inside + 1;
        usleep(50 * 1000);
        alone = inside == 1;
        used = used + 1;
        inside = inside - 1;
    }
    pthread_mutex_unlock(&lock);
    if (!alone) {
        abort();
    }
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins304_twin_locked",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins304_twin_locked(void)
{
    return PyModuleDef_Init(&definition);
}
