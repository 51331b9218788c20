/* insula-corpus: title: a global number that every import overwrites
 * insula-corpus: twin-of: ins106_last_import_wins
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: plain data, written atomically; no interpreter's object is lost.
 */
#include "corpus.h"

#include <stdatomic.h>

static atomic_long imports;

static int
exec_module(PyObject *module)
{
    return PyModule_AddIntConstant(module, "ordinal", atomic_fetch_add(&imports, 1));
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins106_twin_counter",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins106_twin_counter(void)
{
    return PyModuleDef_Init(&definition);
}
