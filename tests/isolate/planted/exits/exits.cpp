/* What runs at an image's beginning and end: constructors, destructors, atexit, Py_AtExit. */
#include "planted.h"
#include <pthread.h>

static long counter;
static long constructed, constructor_check = -1;

COUNTER_METHODS(counter)

__attribute__((constructor)) static void
begin(void)
{
    constructed++;
    constructor_check = PyGILState_Check();
    note("constructor");
}

__attribute__((destructor)) static void
end(void)
{
    note("destructor %ld", counter);
}

/* An object that a static destructor releases, as C++ wrappers of PyObject* do. */
struct Holder {
    PyObject *object = nullptr;
    bool attach = false;
    ~Holder()
    {
        if (object && Py_IsInitialized()) {
            if (attach) {
                note("static destructor attaches");
                PyGILState_STATE state = PyGILState_Ensure();
                Py_DECREF(object);
                PyGILState_Release(state);
                note("static destructor attached");
            } else {
                Py_DECREF(object);
            }
        }
        note("static destructor");
    }
};
static Holder holder;

static PyObject *
hold(MANY_ARGUMENTS)
{
    PyObject *object;
    int attach;
    if (!PyArg_ParseTuple(arguments, "Oi", &object, &attach)) {
        return NULL;
    }
    holder.object = Py_NewRef(object);
    holder.attach = attach;
    Py_RETURN_NONE;
}

static void at_exit(void) { note("atexit %ld", counter); }
static void py_at_exit(void) { note("Py_AtExit %ld", counter); }
static void before_fork(void) { counter++; }

static PyObject *
with_atexit(NO_ARGUMENTS)
{
    return PyLong_FromLong(atexit(at_exit));
}

static PyObject *
with_py_at_exit(NO_ARGUMENTS)
{
    return PyLong_FromLong(Py_AtExit(py_at_exit));
}

static PyObject *
with_atfork(NO_ARGUMENTS)
{
    return PyLong_FromLong(pthread_atfork(before_fork, before_fork, before_fork));
}

static PyObject *
constructors(NO_ARGUMENTS)
{
    return Py_BuildValue("[ll]", constructed, constructor_check);
}

static PyMethodDef methods[] = {
    METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHOD(hold, METH_VARARGS),
    METHOD(with_atexit, METH_NOARGS), METHOD(with_py_at_exit, METH_NOARGS), METHOD(with_atfork, METH_NOARGS),
    METHOD(constructors, METH_NOARGS), METHODS_END};

PLANTED_MODULE(_exits, methods, no_exec)
