/* The same file name in several packages and versions: VERSION tells them apart. */
#include "planted.h"
static long counter;
COUNTER_METHODS(counter)
static PyObject *version(NO_ARGUMENTS) { return PyLong_FromLong(VERSION); }
static PyMethodDef methods[] = {
    METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHOD(version, METH_NOARGS), METHODS_END};
PLANTED_MODULE(_core, methods, no_exec)
