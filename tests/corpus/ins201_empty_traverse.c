/* insula-corpus: title: a type with no object fields, whose traverse does nothing
 * insula-corpus: expect: INS201
 * insula-corpus: answers: clean=no
 * insula-corpus: why: an instance owns its type, even where it owns nothing else.
 */
#include "corpus.h"
#include <structmember.h>
#include <stddef.h>

typedef struct {
    PyObject_HEAD
    long count;
} holder;

static int
holder_traverse(PyObject *self, visitproc visit, void *arg)
{
    (void)self;
    (void)visit;
    (void)arg;
    return 0;
}

static void
holder_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot holder_slots[] = {
    {Py_tp_traverse, holder_traverse},
    {Py_tp_dealloc, holder_dealloc},
    {0, NULL}};

static PyType_Spec holder_spec = {
    .name = "ins201_empty_traverse.Holder",
    .basicsize = sizeof(holder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
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
    .m_name = "ins201_empty_traverse",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins201_empty_traverse(void)
{
    return PyModuleDef_Init(&definition);
}
