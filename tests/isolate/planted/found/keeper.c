/* A library that keeps a Python object, as a registry of a binding library does. */
#include "planted.h"

static PyObject *kept;

PyObject *
found_keep(PyObject *object)
{
    PyObject *before = kept ? kept : Py_NewRef(Py_None);
    kept = Py_NewRef(object);
    return before;
}
