/* insula-corpus: title: traverse visits the module's namespace, which the instance does not own
 * insula-corpus: expect: INS209
 * insula-corpus: may: INS401 INS207 INS201
 * insula-corpus: answers: clean=no
 * insula-corpus: why: the collector subtracts a reference that is not there.
 */
#include "corpus.h"
#include <structmember.h>
#include <stddef.h>

typedef struct {
    PyObject_HEAD
    PyObject *value;
} holder;

static int
holder_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((holder *)self)->value);
    PyObject *module = PyType_GetModule(Py_TYPE(self));
    Py_VISIT(module);
    return 0;
}

static int
holder_clear(PyObject *self)
{
    Py_CLEAR(((holder *)self)->value);
    return 0;
}

static void
holder_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_CLEAR(((holder *)self)->value);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef holder_members[] = {
    {"value", T_OBJECT_EX, offsetof(holder, value), 0, "Anything."},
    {NULL, 0, 0, 0, NULL}};

static PyType_Slot holder_slots[] = {
    {Py_tp_traverse, holder_traverse},
    {Py_tp_clear, holder_clear},
    {Py_tp_dealloc, holder_dealloc},
    {Py_tp_members, holder_members},
    {0, NULL}};

static PyType_Spec holder_spec = {
    .name = "ins209_borrowed_visited.Holder",
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
    .m_name = "ins209_borrowed_visited",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins209_borrowed_visited(void)
{
    return PyModuleDef_Init(&definition);
}
