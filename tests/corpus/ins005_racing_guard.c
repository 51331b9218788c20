/* insula-corpus: title: refuses a second load, by a flag that is set too late
 * insula-corpus: expect: INS005
 * insula-corpus: may: INS301 INS302 INS303
 * insula-corpus: answers: again=refused legacy=refused own-gil=refused parallel=refused restart=refused clean=inconclusive
 * insula-corpus: why: interpreters that import it at the same time all find the flag unset.
 */
#include "corpus.h"
#include <unistd.h>

static int volatile loaded;

static int
exec_module(PyObject *Py_UNUSED(module))
{
    if (loaded) {
        PyErr_SetString(PyExc_ImportError, "cannot load module more than once per process");
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS
    usleep(20000);
    Py_END_ALLOW_THREADS
    loaded = 1;
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins005_racing_guard",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins005_racing_guard(void)
{
    return PyModuleDef_Init(&definition);
}
