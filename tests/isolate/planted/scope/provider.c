/* Symbols that another extension uses without being linked with this one: it is loaded with RTLD_GLOBAL. */
#include "planted.h"
long planted_shared_counter;
long planted_shared_add(void) { return ++planted_shared_counter; }
COUNTER_METHODS(planted_shared_counter)
static PyMethodDef methods[] = {METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHODS_END};
PLANTED_MODULE(_provider, methods, no_exec)
