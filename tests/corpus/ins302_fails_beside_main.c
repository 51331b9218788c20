/* insula-corpus: title: works twice in the main interpreter, fails in every other
 * insula-corpus: expect: INS003 INS302 INS501
 * insula-corpus: answers: legacy=no own-gil=no parallel=not-tried
 * insula-corpus: why: the handle of the first interpreter is taken for the handle of the process.
 */
#include "corpus.h"

static PyInterpreterState *home;

static int
exec_module(PyObject *Py_UNUSED(module))
{
    PyInterpreterState *here = PyInterpreterState_Get();
    if (home == NULL) {
        home = here;
    }
    if (home != here) {
        PyErr_SetString(PyExc_SystemError, "event loop belongs to another owner");
        return -1;
    }
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins302_fails_beside_main",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins302_fails_beside_main(void)
{
    return PyModuleDef_Init(&definition);
}
