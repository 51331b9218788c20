/* insula-corpus: title: uses what is there, and does without what is not
 * insula-corpus: twin-of: ins902_missing_dependency ins902_single_phase_dependency
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the failed import is dropped; what it imports besides is isolated itself.
 */
#include "corpus.h"

static int
exec_module(PyObject *module)
{
    PyObject *faster = PyImport_ImportModule("insula_corpus_no_such_accelerator");
    if (faster == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_ImportError)) {
            return -1;
        }
        PyErr_Clear();
        faster = PyImport_ImportModule("math");
        if (faster == NULL) {
            return -1;
        }
    }
    PyObject *root = PyObject_GetAttrString(faster, "sqrt");
    Py_DECREF(faster);
    if (root == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "root", root);
    Py_DECREF(root);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins902_twin_optional_dependency",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins902_twin_optional_dependency(void)
{
    return PyModuleDef_Init(&definition);
}
