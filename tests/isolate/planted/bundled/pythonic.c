/* A bundled library that itself uses Python: a registry of objects, and a thread that attaches. */
#include "planted.h"
#include <pthread.h>

static PyObject *registered;
static PyObject *interned;

PyObject *
pythonic_register(PyObject *object)
{
    if (registered == NULL) {
        registered = PyList_New(0);
        interned = PyUnicode_InternFromString("planted pythonic");
    }
    if (registered == NULL || interned == NULL || PyList_Append(registered, object) < 0) {
        return NULL;
    }
    return Py_NewRef(registered);
}

static void *
body(void *result)
{
    PyGILState_STATE state = PyGILState_Ensure();
    *(long long *)result = here();
    PyGILState_Release(state);
    return NULL;
}

long long
pythonic_thread(void)
{
    long long seen = -1;
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, &seen) == 0) {
        Py_BEGIN_ALLOW_THREADS
        pthread_join(thread, NULL);
        Py_END_ALLOW_THREADS
    }
    return seen;
}
