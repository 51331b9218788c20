/* insula-corpus: title: a type with the dealloc that CPython supplies
 * insula-corpus: twin-of: ins202_plain_type_kept
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: subtype_dealloc releases the type.
 */
#include "corpus.h"
#include <structmember.h>
#include <stddef.h>

typedef struct {
    PyObject_HEAD
    long count;
} holder;

static void
holder_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot holder_slots[] = {
    {Py_tp_dealloc, holder_dealloc},
    {0, NULL}};

static PyType_Spec holder_spec = {
    .name = "ins202_twin_inherited.Holder",
    .basicsize = sizeof(holder),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = holder_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &holder_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Holder", type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins202_twin_inherited",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins202_twin_inherited(void)
{
    return PyModuleDef_Init(&definition);
}
