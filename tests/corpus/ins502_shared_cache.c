/* insula-corpus: title: a dict behind a native structure that says it needs no GIL
 * insula-corpus: expect: INS004 INS105 INS502
 * insula-corpus: answers: clean=no
 * insula-corpus: why: the structure is the process's, and every thread of every interpreter writes to the dict in it.
 */
#include "corpus.h"

struct cache {
    long hits;
    PyObject *results;
};

static struct cache *cache;

static PyObject *
square(PyObject *Py_UNUSED(module), PyObject *number)
{
    PyObject *known = PyDict_GetItemWithError(cache->results, number);
    if (known != NULL || PyErr_Occurred()) {
        cache->hits++;
        return Py_XNewRef(known);
    }
    PyObject *result = PyNumber_Multiply(number, number);
    if (result != NULL && PyDict_SetItem(cache->results, number, result) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static PyMethodDef methods[] = {
    {"square", square, METH_O, "A number's square."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *Py_UNUSED(module))
{
    if (cache == NULL) {
        cache = calloc(1, sizeof *cache);
        if (cache != NULL) {
            cache->results = PyDict_New();
        }
    }
    return cache == NULL || cache->results == NULL ? -1 : 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins502_shared_cache",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins502_shared_cache(void)
{
    return PyModuleDef_Init(&definition);
}
