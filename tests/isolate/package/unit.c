/* One module of several kinds: DECLARED, SINGLE (phase) or FAILS; else multi-phase, without a word on interpreters. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#ifndef NAME
#error NAME is the last part of the module's name
#endif
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)

/* What one image has, whoever imports it. */
static long count;

static PyObject *
bump(PyObject *module, PyObject *unused)
{
    return PyLong_FromLong(++count);
}

static PyObject *
where(PyObject *module, PyObject *unused)
{
    return PyLong_FromVoidPtr(&count);
}

static PyObject *stashed;

static PyObject *
stash(PyObject *module, PyObject *object)
{
    Py_XSETREF(stashed, Py_NewRef(object));
    Py_RETURN_NONE;
}

/* Puts an address among the variables, as an image would that two interpreters share. */
static PyObject *
point_at(PyObject *module, PyObject *address)
{
    static void *planted;
    planted = PyLong_AsVoidPtr(address);
    if (PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromVoidPtr(&planted);
}

#ifdef CAPSULES
/* As numpy's C API is taken, and kept for the process. */
void *(*volatile taken)(const char *, int) = PyCapsule_Import;
#endif

static PyMethodDef functions[] = {
    {"bump", bump, METH_NOARGS, "Counts the calls."},
    {"where", where, METH_NOARGS, "The address of the count."},
    {"stash", stash, METH_O, "Keeps an object."},
    {"point_at", point_at, METH_O, "Keeps an address."},
    {NULL},
};

#ifdef SINGLE

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, TEXT(NAME), NULL, -1, functions};

PyMODINIT_FUNC
JOIN(PyInit_, NAME)(void)
{
    return PyModule_Create(&definition);
}

#else

static int
execute(PyObject *module)
{
#ifdef FAILS
    PyErr_SetString(PyExc_RuntimeError, "this one fails");
    return -1;
#endif
    return PyModule_AddIntConstant(module, "__path_set__", PyObject_HasAttrString(module, "__path__"));
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
#if defined(DECLARED) && PY_VERSION_HEX >= 0x030c0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, TEXT(NAME), NULL, 0, functions, slots};

PyMODINIT_FUNC
JOIN(PyInit_, NAME)(void)
{
    return PyModuleDef_Init(&definition);
}

#endif
