/* Modules that declare an own GIL: truly (their state is the module's), and falsely (an object in a static). One imports
   another module in its init function. */
#include "planted.h"

static long counter;
static PyObject *kept;
COUNTER_METHODS(counter)

typedef struct { PyObject *kept; } state_t;

static PyObject *
keep(ONE_ARGUMENT)
{
#ifdef FALSELY
    PyObject **slot = &kept;
#else
    PyObject **slot = &((state_t *)PyModule_GetState(module))->kept;
    (void)kept;
#endif
    PyObject *before = *slot;
    *slot = Py_NewRef(argument);
    return before ? before : Py_NewRef(Py_None);
}

static PyObject *image(NO_ARGUMENTS) { return address_of((void *)image); }

static PyMethodDef methods[] = {
    METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHOD(keep, METH_O), METHOD(image, METH_NOARGS),
    METHODS_END};

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    state_t *state = PyModule_GetState(module);
    if (state) {
        Py_VISIT(state->kept);
    }
    return 0;
}
static int clear(PyObject *module)
{
    state_t *state = PyModule_GetState(module);
    if (state) {
        Py_CLEAR(state->kept);
    }
    return 0;
}
static void release(void *module) { clear(module); }

static PyModuleDef_Slot slots[] = {
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "declares", NULL, sizeof(state_t), methods, slots, traverse, clear, release};

PyMODINIT_FUNC
#ifdef FALSELY
PyInit__falsely(void)
#elif defined(BUSILY)
PyInit__busily(void)
#else
PyInit__truly(void)
#endif
{
#ifdef BUSILY
    /* From CPython 3.13 on, this runs in the main interpreter, which does not find the module. */
    PyObject *other = PyImport_ImportModule("declares._other");
    Py_XDECREF(other);
    PyErr_Clear();
#endif
    return PyModuleDef_Init(&definition);
}
