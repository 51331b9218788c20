/* Declares nothing. */
#include "planted.h"

static volatile long counter;
COUNTER_METHODS(counter)

static PyMethodDef methods[] = {METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHODS_END};

PLANTED_MODULE(_other, methods, no_exec)
