/* insula-corpus: title: an exception class in a global, although there is a state
 * insula-corpus: expect: INS003 INS103 INS106 INS501
 * insula-corpus: may: INS307
 * insula-corpus: answers: legacy=no own-gil=no parallel=no clean=no
 * insula-corpus: why: half converted: the cache moved into the state, the exception did not.
 */
#include "corpus.h"

static PyObject *error;

typedef struct {
    PyObject *cache;
} state;

static PyObject *
raise_error(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    PyErr_SetString(error, "as asked");
    return NULL;
}

static PyMethodDef methods[] = {
    {"raise_error", raise_error, METH_NOARGS, "Raise Error."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    st->cache = PyDict_New();
    if (st->cache == NULL) {
        return -1;
    }
    error = PyErr_NewException("ins103_global_exception.Error", PyExc_OSError, NULL);
    return PyModule_AddObjectRef(module, "Error", error);
}

static int
traverse_module(PyObject *module, visitproc visit, void *arg)
{
    state *st = PyModule_GetState(module);
    Py_VISIT(st->cache);
    return 0;
}

static int
clear_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    Py_CLEAR(st->cache);
    return 0;
}

static void
free_module(void *module)
{
    clear_module(module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins103_global_exception",
    .m_size = sizeof(state),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins103_global_exception(void)
{
    return PyModuleDef_Init(&definition);
}
