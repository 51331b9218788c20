/* insula-corpus: title: opts out: one module object per process
 * insula-corpus: expect: INS005 INS501
 * insula-corpus: answers: again=refused legacy=refused own-gil=refused parallel=refused restart=refused clean=inconclusive
 * insula-corpus: why: the HOWTO's opt-out: a clear ImportError on every load but the first, and the slot that says so. Honest, so not an error.
 */
#include "corpus.h"

#include <stdatomic.h>

static atomic_flag loaded = ATOMIC_FLAG_INIT;

static int
exec_module(PyObject *Py_UNUSED(module))
{
    if (atomic_flag_test_and_set(&loaded)) {
        PyErr_SetString(PyExc_ImportError,
                        "cannot load module more than once per process");
        return -1;
    }
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_MAIN_ONLY,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins005_once_per_process",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins005_once_per_process(void)
{
    return PyModuleDef_Init(&definition);
}
