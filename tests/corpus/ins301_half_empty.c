/* insula-corpus: title: the second import is half empty
 * insula-corpus: expect: INS003 INS301 INS302 INS306 INS501
 * insula-corpus: answers: again=no legacy=no own-gil=no parallel=not-tried restart=no clean=inconclusive
 * insula-corpus: why: "initialise once" returns early, with success: later modules lack half of their names, and no exception tells.
 */
#include "corpus.h"

static int initialised;

static int
exec_module(PyObject *module)
{
    if (PyModule_AddIntConstant(module, "version", 3) < 0) {
        return -1;
    }
    if (initialised) {
        return 0;
    }
    initialised = 1;
    return PyModule_AddStringConstant(module, "codec", "rot13");
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins301_half_empty",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins301_half_empty(void)
{
    return PyModuleDef_Init(&definition);
}
