/* A constructor that starts a thread, which attaches before the import has ended; and one that attaches itself. */
#include "planted.h"
#include <pthread.h>

static volatile long long thread_saw = -1, constructor_saw = -1;
static pthread_t thread;

static void *
body(void *argument)
{
    (void)argument;
    PyGILState_STATE state = PyGILState_Ensure();
    thread_saw = here();
    PyGILState_Release(state);
    return NULL;
}

__attribute__((constructor)) static void
begin(void)
{
    PyGILState_STATE state = PyGILState_Ensure();
    constructor_saw = here();
    PyGILState_Release(state);
    if (pthread_create(&thread, NULL, body, NULL) != 0) {
        abort();
    }
}

static PyObject *
saw(NO_ARGUMENTS)
{
    static int joined;
    if (!joined++) {
        Py_BEGIN_ALLOW_THREADS
        pthread_join(thread, NULL);
        Py_END_ALLOW_THREADS
    }
    return Py_BuildValue("[LL]", thread_saw, constructor_saw);
}

static PyMethodDef methods[] = {METHOD(saw, METH_NOARGS), METHODS_END};
PLANTED_MODULE(_early, methods, no_exec)
