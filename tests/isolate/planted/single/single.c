/* Single-phase initialisation: NAME, SIZE (-1, or more for a module state), and what such modules do with it. */
#include "planted.h"
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

static long counter, inits, frees;
static PyObject *kept;
static struct PyModuleDef definition;

COUNTER_METHODS(counter)

static PyObject *times_initialised(NO_ARGUMENTS) { return PyLong_FromLong(inits); }

/* What PyState_FindModule finds. */
static PyObject *
find(NO_ARGUMENTS)
{
    PyObject *found = PyState_FindModule(&definition);
    return Py_NewRef(found ? found : Py_None);
}

/* What ujson does: the state of the module that PyState_FindModule finds, without asking whether it did. */
static PyObject *
state(NO_ARGUMENTS)
{
#if SIZE > 0
    long *value = PyModule_GetState(PyState_FindModule(&definition));
    return PyLong_FromLong(++*value);
#else
    return PyLong_FromLong(PyModule_GetDef(PyState_FindModule(&definition)) == &definition);
#endif
}

static PyObject *keep(ONE_ARGUMENT)
{
    PyObject *before = kept;
    kept = Py_NewRef(argument);
    return before ? before : Py_NewRef(Py_None);
}

static PyObject *initialised_in;

static PyMethodDef methods[] = {
    METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHOD(find, METH_NOARGS), METHOD(state, METH_NOARGS),
    METHOD(times_initialised, METH_NOARGS), METHOD(keep, METH_O), METHODS_END};

typedef struct { PyObject_HEAD } Thing;
static PyType_Slot thing_slots[] = {{Py_tp_doc, "A class."}, {0, NULL}};
static PyType_Spec thing_spec = {"single." TEXT(NAME) ".Thing", sizeof(Thing), 0, Py_TPFLAGS_DEFAULT, thing_slots};

static PyTypeObject static_thing = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "single." TEXT(NAME) ".StaticThing",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
};

static void
freed(void *module)
{
    (void)module;
    frees++;
    note("freed %s in %lld", TEXT(NAME), here());
}

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = TEXT(NAME),
    .m_size = SIZE,
    .m_methods = methods,
    .m_free = freed,
};

PyMODINIT_FUNC
JOIN(PyInit_, NAME)(void)
{
    inits++;
    note("init %s in %lld", TEXT(NAME), here());
#ifdef IMPORTS
    PyObject *other = PyImport_ImportModule(IMPORTS);
    if (other == NULL) {
        return NULL;
    }
    Py_DECREF(other);
#endif
#ifdef SLEEPS
    Py_BEGIN_ALLOW_THREADS
    usleep(SLEEPS);
    Py_END_ALLOW_THREADS
#endif
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL || PyType_Ready(&static_thing) < 0) {
        return NULL;
    }
    PyObject *thing = PyType_FromSpec(&thing_spec);
    PyObject *error = PyErr_NewException("single." TEXT(NAME) ".Error", NULL, NULL);
    initialised_in = PyLong_FromLongLong(here());
    if (thing == NULL || error == NULL || PyModule_AddObject(module, "Thing", thing) < 0
        || PyModule_AddObject(module, "StaticThing", Py_NewRef((PyObject *)&static_thing)) < 0
        || PyModule_AddObject(module, "Error", error) < 0
        || PyModule_AddObject(module, "initialised_in", initialised_in) < 0) {
        return NULL;
    }
#if SIZE > 0
    *(long *)PyModule_GetState(module) = 0;
#endif
#ifdef ADDS_ITSELF
    /* As older modules do: the import system does it, too. */
    if (PyState_AddModule(module, &definition) < 0) {
        return NULL;
    }
#endif
#ifdef SUBMODULE
    PyObject *inner = PyImport_AddModule("single." TEXT(NAME) ".inner");
    if (inner == NULL || PyModule_AddIntConstant(inner, "answer", 42) < 0
        || PyModule_AddObject(module, "inner", Py_NewRef(inner)) < 0) {
        return NULL;
    }
#endif
    return module;
}
