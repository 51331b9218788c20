/* insula-corpus: title: the same on a type that is not collected
 * insula-corpus: expect: INS202
 * insula-corpus: answers: clean=no
 * insula-corpus: why: each instance leaves one reference to the type behind.
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
    Py_TYPE(self)->tp_free(self);
}

static PyType_Slot holder_slots[] = {
    {Py_tp_dealloc, holder_dealloc},
    {0, NULL}};

static PyType_Spec holder_spec = {
    .name = "ins202_plain_type_kept.Holder",
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
    .m_name = "ins202_plain_type_kept",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins202_plain_type_kept(void)
{
    return PyModuleDef_Init(&definition);
}
