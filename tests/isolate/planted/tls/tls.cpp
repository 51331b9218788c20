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

/* The same by POSIX keys. */
static pthread_key_t key;
static long keyed;

static void
key_destructor(void *value)
{
    keyed++;
    note("key destructor %ld", (long)(intptr_t)value);
}

static void
set_key(long value)
{
    static int made = pthread_key_create(&key, key_destructor);
    if (made != 0 || pthread_setspecific(key, (void *)(intptr_t)value) != 0) {
        abort();
    }
}

static PyObject *hold_key(ONE_ARGUMENT) { set_key(PyLong_AsLong(argument)); Py_RETURN_NONE; }
static PyObject *key_value(NO_ARGUMENTS) { return PyLong_FromLong((long)(intptr_t)pthread_getspecific(key)); }
static PyObject *key_destructors(NO_ARGUMENTS) { return PyLong_FromLong(keyed); }
static void *key_body(void *value) { set_key((long)(intptr_t)value); return NULL; }

static PyObject *
key_thread(ONE_ARGUMENT)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, key_body, (void *)(intptr_t)PyLong_AsLong(argument)) != 0) {
        abort();
    }
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    METHOD(hold_key, METH_O), METHOD(key_value, METH_NOARGS), METHOD(key_destructors, METH_NOARGS),
    METHOD(key_thread, METH_O),
    METHOD(add, METH_NOARGS), METHOD(place, METH_NOARGS), METHOD(destructors, METH_NOARGS), METHOD(hold, METH_O),
    METHOD(thread, METH_O), METHODS_END};

#ifdef BIG
PLANTED_MODULE(_big, methods, no_exec)
#else
PLANTED_MODULE(_tls, methods, no_exec)
#endif
