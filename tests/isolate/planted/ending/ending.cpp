// Native threads that a module stops when it is freed, and threads that leave CPython's thread states behind.
#include <atomic>
#include <pthread.h>
#include <thread>
#include "planted.h"

static std::atomic<int> stop, inside;
static pthread_t plain;
static std::thread *cpp;
static int number = -1;

/* Attaches once, and waits detached until it is told to stop. */
static void *
worker(void *)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyThreadState *saved = PyEval_SaveThread();
    inside = 1;
    while (!stop) {
        usleep(1000);
    }
    PyEval_RestoreThread(saved);
    PyGILState_Release(state);
    return NULL;
}

/* Detaches, and ends without PyGILState_Release. */
static void *
leaky(void *)
{
    PyGILState_Ensure();
    PyEval_SaveThread();
    inside = 1;
    return NULL;
}

/* Attaches again and again until it is told to stop. */
static void *
caller(void *)
{
    while (!stop) {
        PyGILState_STATE state = PyGILState_Ensure();
        PyGILState_Release(state);
        inside = 1;
        usleep(1000);
    }
    return NULL;
}

/* Gives up its thread state in another way than by PyGILState_Release. */
static void *
deleter(void *)
{
    PyGILState_Ensure();
    PyThreadState *state = PyThreadState_Get();
    PyThreadState_Clear(state);
    PyThreadState_DeleteCurrent();
    inside = 1;
    while (!stop) {
        usleep(1000);
    }
    return NULL;
}

/* start(kind, number, by std::thread) */
static PyObject *
start(MANY_ARGUMENTS)
{
    const char *kind;
    int by_cpp;
    if (!PyArg_ParseTuple(arguments, "sip", &kind, &number, &by_cpp)) {
        return NULL;
    }
    void *(*body)(void *) = !strcmp(kind, "worker") ? worker : !strcmp(kind, "leaky") ? leaky
        : !strcmp(kind, "deleter") ? deleter : caller;
    if (by_cpp) {
        cpp = new std::thread([body] { body(NULL); });
    } else if (pthread_create(&plain, NULL, body, NULL) != 0) {
        abort();
    }
    Py_BEGIN_ALLOW_THREADS
    while (!inside) {
        usleep(1000);
    }
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static void
freed(void *)
{
    if (number < 0) {
        return;
    }
    stop = 1;
    Py_BEGIN_ALLOW_THREADS
    if (cpp) {
        cpp->join();
        delete cpp;
    } else {
        pthread_join(plain, NULL);
    }
    Py_END_ALLOW_THREADS
    note("joined %d", number);
    number = -1;
}

static PyMethodDef methods[] = {METHOD(start, METH_VARARGS), METHODS_END};
static PyModuleDef_Slot slots[] = {{0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_ending", NULL, 8, methods, slots, NULL, NULL, freed};
PyMODINIT_FUNC
PyInit__ending(void)
{
    return PyModuleDef_Init(&definition);
}
