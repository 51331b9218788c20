/* insula-corpus: title: imports a module that is not installed
 * insula-corpus: expect:
 * insula-corpus: informs: INS902
 * insula-corpus: answers: import=inconclusive
 * insula-corpus: why: nothing can be said of a module that cannot be imported; the message names what is missing, not this module.
 */
#include "corpus.h"

static int
exec_module(PyObject *Py_UNUSED(module))
{
    PyObject *dependency = PyImport_ImportModule("insula_corpus_missing");
    if (dependency == NULL) {
        return -1;
    }
    Py_DECREF(dependency);
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins902_missing_dependency",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins902_missing_dependency(void)
{
    return PyModuleDef_Init(&definition);
}
