/* One extension for all that can be wrong with a file or an init function: NAME, and WRONG_x. */
#include "planted.h"
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

static long counter;
COUNTER_METHODS(counter)

#ifdef WRONG_SYMBOL
extern long planted_missing_function(void);
static PyObject *wrong(NO_ARGUMENTS) { return PyLong_FromLong(planted_missing_function()); }
#elif defined(WRONG_VARIABLE)
extern long planted_missing_variable;
static PyObject *wrong(NO_ARGUMENTS) { return address_of(&planted_missing_variable); }
#elif defined(WRONG_PYTHON)
extern PyObject *PyUnicode_PlantedOfAnotherPython(PyObject *);
static PyObject *wrong(ONE_ARGUMENT) { return PyUnicode_PlantedOfAnotherPython(argument); }
#elif defined(WRONG_LIBRARY)
extern void *registry_place(void);
static PyObject *wrong(NO_ARGUMENTS) { return address_of(registry_place()); }
#else
static PyObject *wrong(NO_ARGUMENTS) { Py_RETURN_NONE; }
#endif

static PyMethodDef methods[] = {
    METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), {"wrong", (PyCFunction)wrong, METH_O, NULL}, METHODS_END};

static int
execute(PyObject *module)
{
    (void)module;
#ifdef WRONG_EXEC_RAISES
    PyErr_SetString(PyExc_LookupError, "planted: exec raises");
    return -1;
#elif defined(WRONG_EXEC_FAILS)
    return -1;
#elif defined(WRONG_EXEC_LEAVES_ERROR)
    PyErr_SetString(PyExc_LookupError, "planted: exec leaves an error");
    return 0;
#else
    return 0;
#endif
}

static PyModuleDef_Slot slots[] = {
#ifdef WRONG_SLOT
    {4711, NULL},
#endif
    {Py_mod_exec, execute}, {0, NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, TEXT(NAME), NULL, 0, methods, slots, NULL, NULL, NULL};

#ifdef WRONG_NAME
PyMODINIT_FUNC PyInit_something_else(void)
#else
PyMODINIT_FUNC JOIN(PyInit_, NAME)(void)
#endif
{
#ifdef WRONG_RAISES
    PyErr_SetString(PyExc_LookupError, "planted: init raises");
    return NULL;
#elif defined(WRONG_NULL)
    return NULL;
#elif defined(WRONG_LEAVES_ERROR)
    PyErr_SetString(PyExc_LookupError, "planted: init leaves an error");
    return PyModuleDef_Init(&definition);
#elif defined(WRONG_OBJECT)
    return PyLong_FromLong(4711);
#elif defined(WRONG_UNINITIALISED)
    return (PyObject *)&definition;
#elif defined(WRONG_IMPORT_ERROR)
    PyErr_SetString(PyExc_ImportError, "planted: needs something that is missing");
    return NULL;
#else
    return PyModuleDef_Init(&definition);
#endif
}
