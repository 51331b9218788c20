/* A counter: of the process (SHARED), or of the module object. REFUSES leaves out that interpreters with their own GILs
   are supported. */
#include <Python.h>
#include <stdatomic.h>

#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)
#define INIT_OF(name) PyInit_##name
#define INIT(name) INIT_OF(name)

#ifdef SHARED
static atomic_long shared_count;
#define COUNT(module) shared_count
#else
typedef struct { atomic_long count; } State;
#define COUNT(module) (((State *)PyModule_GetState(module))->count)
#endif

static PyObject *
bump(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLong(++COUNT(module));
}

static PyObject *
crash(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    *(volatile int *)8 = 0;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"bump", bump, METH_NOARGS, "Count up."},
    {"crash", crash, METH_NOARGS, "Write where nothing is."},
    {NULL},
};

static PyModuleDef_Slot slots[] = {
#ifndef REFUSES
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = TEXT(NAME),
    .m_methods = methods,
    .m_slots = slots,
#ifndef SHARED
    .m_size = sizeof(State),
#endif
};

PyMODINIT_FUNC
INIT(NAME)(void)
{
    return PyModuleDef_Init(&definition);
}
