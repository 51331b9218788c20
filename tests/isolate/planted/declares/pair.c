/* One file, two modules: one declares an own GIL, and the other does not. */
#include "planted.h"

long pair_counter;
COUNTER_METHODS(pair_counter)

static PyMethodDef methods[] = {METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHODS_END};

PLANTED_MODULE(_pair_silent, methods, no_exec)

static PyModuleDef_Slot declared_slots[] = {
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL}};
static struct PyModuleDef declared_definition = {
    PyModuleDef_HEAD_INIT, "_pair", NULL, 0, methods, declared_slots, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit__pair(void)
{
    return PyModuleDef_Init(&declared_definition);
}
