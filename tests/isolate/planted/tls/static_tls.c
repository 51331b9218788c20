/* Initial-exec TLS: BYTES of the static block, which the process has only so many of. */
#include "planted.h"
static __thread __attribute__((tls_model("initial-exec"))) struct { long value; char rest[BYTES]; } local;
static PyObject *add(NO_ARGUMENTS) { local.rest[BYTES - 1] = 1; return PyLong_FromLong(++local.value); }
static PyObject *place(NO_ARGUMENTS) { return address_of(&local); }
static PyMethodDef methods[] = {METHOD(add, METH_NOARGS), METHOD(place, METH_NOARGS), METHODS_END};
#ifdef HUGE
PLANTED_MODULE(_huge, methods, no_exec)
#else
PLANTED_MODULE(_static_tls, methods, no_exec)
#endif
