/* insula-corpus: title: opts out: one module object per interpreter
 * insula-corpus: expect: INS005
 * insula-corpus: answers: again=refused clean=inconclusive
 * insula-corpus: why: every interpreter may load it once; the mark is kept in the interpreter's own dict, not in a global.
 */
#include "corpus.h"

static int
exec_module(PyObject *Py_UNUSED(module))
{
    PyObject *marks = PyInterpreterState_GetDict(PyInterpreterState_Get());
    if (marks == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "no dict for this interpreter");
        return -1;
    }
    PyObject *key = PyUnicode_FromString("ins005_once_per_interpreter");
    if (key == NULL) {
        return -1;
    }
    int known = PyDict_Contains(marks, key);
    if (known == 0) {
        known = PyDict_SetItem(marks, key, Py_True);
    }
    else if (known == 1) {
        PyErr_SetString(PyExc_ImportError,
                        "cannot load module more than once per interpreter");
        known = -1;
    }
    Py_DECREF(key);
    return known;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins005_once_per_interpreter",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins005_once_per_interpreter(void)
{
    return PyModuleDef_Init(&definition);
}
