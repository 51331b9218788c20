#include "planted.h"
extern void outermost(void);
static long counter;
COUNTER_METHODS(counter)
__attribute__((constructor)) static void turn(void) { outermost(); note("constructor extension"); }
static PyMethodDef methods[] = {METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHODS_END};
PLANTED_MODULE(_order, methods, no_exec)
