/* insula-corpus: title: each module object has a native thread, which ends with it
 * insula-corpus: twin-of: ins303_declared_daemon_thread ins303_foreign_allocator
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the thread touches no Python object and needs no GIL, its memory is the C library's, and the module waits for its end.
 */
#include "corpus.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int ends;
    long ticks;
} clock_data;

typedef struct {
    clock_data *clock;
    pthread_t thread;
} state;

static void *
tick(void *data)
{
    clock_data *clock = data;
    pthread_mutex_lock(&clock->lock);
    while (!clock->ends) {
        clock->ticks++;
        pthread_cond_wait(&clock->wake, &clock->lock);
    }
    pthread_mutex_unlock(&clock->lock);
    return NULL;
}

static int
exec_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    clock_data *clock = calloc(1, sizeof(clock_data));
    if (clock == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    pthread_mutex_init(&clock->lock, NULL);
    pthread_cond_init(&clock->wake, NULL);
    if (pthread_create(&st->thread, NULL, tick, clock) != 0) {
        free(clock);
        PyErr_SetString(PyExc_OSError, "no thread");
        return -1;
    }
    st->clock = clock;
    return 0;
}

static void
free_module(void *module)
{
    state *st = PyModule_GetState(module);
    clock_data *clock = st == NULL ? NULL : st->clock;
    if (clock == NULL) {
        return;
    }
    pthread_mutex_lock(&clock->lock);
    clock->ends = 1;
    pthread_cond_signal(&clock->wake);
    pthread_mutex_unlock(&clock->lock);
    pthread_join(st->thread, NULL);
    pthread_cond_destroy(&clock->wake);
    pthread_mutex_destroy(&clock->lock);
    free(clock);
    st->clock = NULL;
}

static PyObject *
nudge(PyObject *module, PyObject *Py_UNUSED(args))
{
    clock_data *clock = ((state *)PyModule_GetState(module))->clock;
    pthread_mutex_lock(&clock->lock);
    pthread_cond_signal(&clock->wake);
    pthread_mutex_unlock(&clock->lock);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"nudge", nudge, METH_NOARGS, "Wake the thread."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins303_twin_native_thread",
    .m_size = sizeof(state),
    .m_methods = methods,
    .m_slots = slots,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins303_twin_native_thread(void)
{
    return PyModuleDef_Init(&definition);
}
