/* Gives objects to a library that keeps them. */
#include "planted.h"

extern PyObject *found_keep(PyObject *);
extern PyObject *found_keep_by(PyObject *);

#ifdef INDIRECT
static PyObject *keep(ONE_ARGUMENT) { return found_keep_by(argument); }
#else
static PyObject *keep(ONE_ARGUMENT) { return found_keep(argument); }
#endif

static PyMethodDef methods[] = {METHOD(keep, METH_O), METHODS_END};

#define MODULE(NAME) PLANTED_MODULE(NAME, methods, no_exec)
MODULE(NAME)
