/* insula-corpus: title: dealloc releases the type twice
 * insula-corpus: expect: INS211
 * insula-corpus: may: INS004 INS208 INS401 INS301 INS302 INS303 INS304 INS305 INS306 INS307 INS207
 * insula-corpus: verdict: L2
 * insula-corpus: why: after a few instances the type is freed while it is in use.
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
