/* insula-corpus: title: an object of the first runtime, used in the second
 * insula-corpus: expect: INS002 INS003 INS101 INS107 INS306
 * insula-corpus: verdict: L2
 * insula-corpus: why: made once, kept for ever: after Py_FinalizeEx and Py_InitializeEx the global points into the dead interpreter's heap.
 */
#include "corpus.h"

static PyObject *cache;

static int
exec_module(PyObject *module)
{
    if (cache == NULL) {
        cache = PyDict_New();
        if (cache == NULL) {
            return -1;
        }
    }
    for (long i = 0; i < 100; i++) {
        PyObject *key = PyLong_FromLong(1000 + i);
        PyObject *value = PyDict_New();
        int result = key != NULL && value != NULL ? PyDict_SetItem(cache, key, value) : -1;
        Py_XDECREF(key);
        Py_XDECREF(value);
        if (result < 0) {
            return -1;
        }
    }
    return PyModule_AddObjectRef(module, "cache", cache);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins306_stale_object",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins306_stale_object(void)
{
    return PyModuleDef_Init(&definition);
}
