#include "planted.h"
extern PyObject *pythonic_register(PyObject *);
extern long long pythonic_thread(void);

static PyObject *keep(ONE_ARGUMENT) { return pythonic_register(argument); }
static PyObject *thread(NO_ARGUMENTS) { return PyLong_FromLongLong(pythonic_thread()); }

static PyMethodDef methods[] = {METHOD(keep, METH_O), METHOD(thread, METH_NOARGS), METHODS_END};

#ifdef SECOND
PLANTED_MODULE(_python_two, methods, no_exec)
#else
PLANTED_MODULE(_python_one, methods, no_exec)
#endif
