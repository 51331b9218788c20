#include "planted.h"
extern long planted_shared_counter;
extern long planted_shared_add(void);
static PyObject *count(NO_ARGUMENTS) { return PyLong_FromLong(planted_shared_add()); }
static PyObject *place(NO_ARGUMENTS) { return address_of(&planted_shared_counter); }
static PyMethodDef methods[] = {METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHODS_END};
PLANTED_MODULE(_user, methods, no_exec)
