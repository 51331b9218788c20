/* A module without PyInit: CPython 3.15 takes its slots from PyModExport. */
#include "../../../tests/corpus/corpus.h"

PyABIInfo_VAR(abi_info);

static int
exec_module(PyObject *module)
{
    return PyModule_AddIntConstant(module, "answer", 42);
}

static int
traverse_module(PyObject *Py_UNUSED(module), visitproc Py_UNUSED(visit), void *Py_UNUSED(arg))
{
    return 0;
}

static PySlot more[] = {
    PySlot_DATA(Py_mod_gil, Py_MOD_GIL_NOT_USED),
    PySlot_END};

static PySlot slots[] = {
    PySlot_DATA(Py_mod_abi, &abi_info),
    PySlot_DATA(Py_mod_name, "export"),
    PySlot_SIZE(Py_mod_state_size, 24),
    PySlot_FUNC(Py_mod_state_traverse, traverse_module),
    PySlot_FUNC(Py_mod_exec, exec_module),
    PySlot_DATA(Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED),
    PySlot_DATA(Py_slot_subslots, more),
    PySlot_END};

PyMODEXPORT_FUNC
PyModExport_export(void)
{
    return slots;
}
