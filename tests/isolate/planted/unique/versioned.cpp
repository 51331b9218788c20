// Meets its library in a static, though their symbols have different versions.
#include "unique.hpp"

long raise_in_library();
void *place_in_library();

static PyObject *
raise_both(NO_ARGUMENTS)
{
    long there = raise_in_library();
    long here = ++Registry<Tag>::counter;
    return Py_BuildValue("[ll]", there, here);
}

static PyObject *place(NO_ARGUMENTS) { return address_of(place_in_library()); }

static PyMethodDef methods[] = {METHOD(raise_both, METH_NOARGS), METHOD(place, METH_NOARGS), METHODS_END};

PLANTED_MODULE(_versioned, methods, no_exec)
