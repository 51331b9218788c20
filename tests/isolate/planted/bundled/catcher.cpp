#include "planted.h"
#include "thrower.hpp"

static PyObject *
catch_it(ONE_ARGUMENT)
{
    try {
        return PyLong_FromLong(thrower_throw(PyLong_AsLong(argument)));
    } catch (const Thrown &thrown) {
        return Py_BuildValue("[lNNl]", thrown.value, address_of(&Registry<int>::counter), address_of(thrower_place()),
                             Registry<int>::counter);
    }
}

static PyMethodDef methods[] = {METHOD(catch_it, METH_O), METHODS_END};
PLANTED_MODULE(_catcher, methods, no_exec)
