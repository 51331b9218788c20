/* One extension in all shapes of a module; DEFINES: which init functions it has. */
#include "planted.h"

#if !defined(Py_LIMITED_API)
static PyObject *limited(NO_ARGUMENTS) { Py_RETURN_FALSE; }
#else
static PyObject *limited(NO_ARGUMENTS) { Py_RETURN_TRUE; }
#endif
static long counter;
COUNTER_METHODS(counter)
static PyMethodDef methods[] = {
    METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHOD(limited, METH_NOARGS), METHODS_END};

#ifdef EXPORTS
/* PEP 793: slots instead of a definition. */
PyABIInfo_VAR(abi_info);
static PySlot slots[] = {
    PySlot_STATIC_DATA(Py_mod_abi, &abi_info),
    PySlot_STATIC_DATA(Py_mod_name, "shapes._exported"),
    PySlot_STATIC_DATA(Py_mod_methods, methods),
    PySlot_FUNC(Py_mod_exec, no_exec),
    PySlot_END};

PyMODEXPORT_FUNC
PyModExport__exported(void)
{
    return slots;
}
#else
static PyModuleDef_Slot slots[] = {{Py_mod_exec, no_exec}, {0, NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "shape", .m_methods = methods, .m_slots = slots};
#ifdef SINGLE
static struct PyModuleDef single = {
    PyModuleDef_HEAD_INIT, .m_name = "_stable_single", .m_size = -1, .m_methods = methods};
#define BODY return PyModule_Create(&single);
#else
#define BODY return PyModuleDef_Init(&definition);
#endif
PyMODINIT_FUNC PyInit_shape_of_package(void) { BODY }
PyMODINIT_FUNC PyInit__inner(void) { BODY }
PyMODINIT_FUNC PyInit__deep(void) { BODY }
PyMODINIT_FUNC PyInit__stable(void) { BODY }
PyMODINIT_FUNC PyInit__stable_single(void) { BODY }
PyMODINIT_FUNC PyInit__two(void) { BODY }
PyMODINIT_FUNC PyInit__other(void) { BODY }
PyMODINIT_FUNC PyInit__lone(void) { BODY }
PyMODINIT_FUNC PyInitU__nave_eta(void) { BODY }
#endif
