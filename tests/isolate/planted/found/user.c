/* Says which library it found. */
#include "planted.h"

extern long found_version(void);
extern void *found_place(void);

static PyObject *version(NO_ARGUMENTS) { return PyLong_FromLong(found_version()); }
static PyObject *place(NO_ARGUMENTS) { return address_of(found_place()); }

static PyMethodDef methods[] = {METHOD(version, METH_NOARGS), METHOD(place, METH_NOARGS), METHODS_END};

#define MODULE(NAME) PLANTED_MODULE(NAME, methods, no_exec)
MODULE(NAME)
