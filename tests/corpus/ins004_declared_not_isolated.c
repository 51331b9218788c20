/* insula-corpus: title: declares per-interpreter GIL support, shares a dict between all interpreters
 * insula-corpus: expect: INS002 INS004 INS101 INS107 INS502
 * insula-corpus: may: INS303 INS304
 * insula-corpus: answers: legacy=no own-gil=no parallel=no clean=no
 * insula-corpus: why: the first import makes the registry, all others get the same dict: two GILs, one reference count.
 */
#include "corpus.h"

static PyObject *registry;

static int
exec_module(PyObject *module)
{
    if (registry == NULL) {
        registry = PyDict_New();
        if (registry == NULL) {
            return -1;
        }
    }
    return PyModule_AddObjectRef(module, "registry", registry);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins004_declared_not_isolated",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins004_declared_not_isolated(void)
{
    return PyModuleDef_Init(&definition);
}
