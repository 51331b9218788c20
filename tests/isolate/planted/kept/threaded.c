/* Gives a function to a library that calls it on a thread. */
#include "planted.h"

extern int planted_call_on_a_thread(void (*function)(void));

static volatile long counter;
COUNTER_METHODS(counter)

static void tick(void) { counter++; }

static PyObject *start(NO_ARGUMENTS) { return PyLong_FromLong(planted_call_on_a_thread(tick)); }

static PyMethodDef methods[] = {METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHOD(start, METH_NOARGS),
                                METHODS_END};

PLANTED_MODULE(_threaded, methods, no_exec)
