/* Thread-local variables, with and without destructors. */
#include "planted.h"
#include <pthread.h>

static long destructed;

struct Local {
    long value = 0;
    PyObject *object = nullptr;
    bool attach = false;
    ~Local()
    {
        destructed++;
        note("thread-local destructor %ld", value);
        if (object && attach && Py_IsInitialized()) {
            PyGILState_STATE state = PyGILState_Ensure();
            note("destructor in %lld", here());
            Py_CLEAR(object);
            PyGILState_Release(state);
        }
    }
};
static thread_local Local local;
static thread_local long plain;
#ifdef BIG
static thread_local char big[1 << 20];
#else
static thread_local char big[1];
#endif

static PyObject *
add(NO_ARGUMENTS)
{
    big[sizeof big - 1]++;
    return Py_BuildValue("[ll]", ++local.value, ++plain);
}

static PyObject *place(NO_ARGUMENTS) { return address_of(&plain); }
static PyObject *destructors(NO_ARGUMENTS) { return PyLong_FromLong(destructed); }

/* In this thread: the destructor will attach. */
static PyObject *
hold(ONE_ARGUMENT)
{
    local.object = Py_NewRef(argument);
    local.attach = true;
    Py_RETURN_NONE;
}

static void *
body(void *argument)
{
    PyGILState_STATE state = PyGILState_Ensure();
    local.object = (PyObject *)argument;
    local.value = 1000;
    local.attach = true;
    PyGILState_Release(state);
    return NULL;
}

/* A native thread with a thread-local object, which ends here. */
static PyObject *
thread(ONE_ARGUMENT)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, Py_NewRef(argument)) != 0) {
        abort();
    }
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    METHOD(add, METH_NOARGS), METHOD(place, METH_NOARGS), METHOD(destructors, METH_NOARGS), METHOD(hold, METH_O),
    METHOD(thread, METH_O), METHODS_END};

#ifdef BIG
PLANTED_MODULE(_big, methods, no_exec)
#else
PLANTED_MODULE(_tls, methods, no_exec)
#endif
