/* insula-corpus: title: isolated itself, imports a module that is not
 * insula-corpus: expect:
 * insula-corpus: informs: INS902
 * insula-corpus: answers: own-gil=inconclusive parallel=not-tried
 * insula-corpus: why: own-GIL interpreters refuse the dependency (single-phase), not this module: the message names the other one.
 */
#include "corpus.h"

static int
exec_module(PyObject *Py_UNUSED(module))
{
    PyObject *dependency = PyImport_ImportModule("_testsinglephase");
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
    .m_name = "ins902_single_phase_dependency",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins902_single_phase_dependency(void)
{
    return PyModuleDef_Init(&definition);
}
