/* insula-corpus: title: dealloc releases the type twice
 * insula-corpus: expect: INS211
 * insula-corpus: may: INS207 INS307
 * insula-corpus: answers: clean=no
 * insula-corpus: why: each instance takes one reference too many; only a reserve keeps the type alive here.
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
    Py_DECREF(type);
}

static PyType_Slot holder_slots[] = {
    {Py_tp_dealloc, holder_dealloc},
    {0, NULL}};

static PyType_Spec holder_spec = {
    .name = "ins211_type_released_twice.Holder",
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
    /* So that the defect is seen by counting, before anything crashes. */
    for (int i = 0; i < 1000000; i++) {
        Py_INCREF(type);
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
    .m_name = "ins211_type_released_twice",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins211_type_released_twice(void)
{
    return PyModuleDef_Init(&definition);
}
