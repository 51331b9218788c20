/* What C modules keep in static variables: a type, a cache, interned strings, an exception, a capsule's pointer. */
#include "planted.h"

static PyTypeObject thing = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "statics._statics.Thing",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = PyType_GenericNew,
};

static PyObject *cache, *interned, *text_of_import, *error;

static PyObject *
remember(MANY_ARGUMENTS)
{
    PyObject *key, *value;
    if (!PyArg_ParseTuple(arguments, "OO", &key, &value)) {
        return NULL;
    }
    if (cache == NULL && (cache = PyDict_New()) == NULL) {
        return NULL;
    }
    PyObject *found = PyDict_SetDefault(cache, key, value);
    return Py_XNewRef(found);
}

static PyObject *
same_string(ONE_ARGUMENT)
{
    if (interned == NULL && (interned = PyUnicode_InternFromString("planted interned string")) == NULL) {
        return NULL;
    }
    return PyBool_FromLong(interned == argument);
}

static PyObject *
places(NO_ARGUMENTS)
{
    return Py_BuildValue("[NNN]", address_of(&thing), address_of(&cache), address_of(error));
}

static PyObject *raise_it(NO_ARGUMENTS) { PyErr_SetString(error, "planted"); return NULL; }

static PyMethodDef methods[] = {
    METHOD(remember, METH_VARARGS), METHOD(same_string, METH_O), METHOD(places, METH_NOARGS),
    METHOD(raise_it, METH_NOARGS), METHODS_END};

static int
execute(PyObject *module)
{
    if (PyType_Ready(&thing) < 0) {
        return -1;
    }
    if (error == NULL) {
        error = PyErr_NewException("statics._statics.Error", PyExc_ValueError, NULL);
        text_of_import = PyUnicode_FromFormat("imported by %lld", here());
    }
    return PyModule_AddObjectRef(module, "Thing", (PyObject *)&thing) == 0
        && PyModule_AddObjectRef(module, "Error", error) == 0
        && PyModule_AddObjectRef(module, "text_of_import", text_of_import) == 0 ? 0 : -1;
}

PLANTED_MODULE(_statics, methods, execute)
