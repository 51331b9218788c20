/* insula-corpus: title: an isolated module that does not say so
 * insula-corpus: expect: INS003 INS501
 * insula-corpus: answers: own-gil=undeclared
 * insula-corpus: why: without Py_mod_multiple_interpreters, interpreters with their own GIL refuse a module that would work.
 */
#include "corpus.h"

static int
exec_module(PyObject *module)
{
    return PyModule_AddStringConstant(module, "motto", "no globals");
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins003_slot_missing",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins003_slot_missing(void)
{
    return PyModuleDef_Init(&definition);
}
