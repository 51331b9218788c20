/* insula-corpus: title: instances in memory of their own choice, with the list of weak references set to nothing
 * insula-corpus: twin-of: ins212_not_cleared ins212_first_only
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the one word that matters is zeroed, and dealloc clears the references.
 */
#include "corpus.h"
#include <structmember.h>
#include <stddef.h>

typedef struct {
    PyObject_HEAD
    PyObject *weak;
} node;

static PyObject *
node_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    node *self = PyObject_Malloc(sizeof(node));
    if (self == NULL) {
        return PyErr_NoMemory();
    }
    self->weak = NULL;
    return PyObject_Init((PyObject *)self, type);
}

static void
node_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_ClearWeakRefs(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef node_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(node, weak), READONLY, NULL},
    {NULL, 0, 0, 0, NULL}};

static PyType_Slot node_slots[] = {
    {Py_tp_dealloc, node_dealloc},
    {Py_tp_members, node_members},
    {Py_tp_new, node_new},
    {0, NULL}};

static PyType_Spec node_spec = {
    .name = "ins212_twin_zeroed.Node",
    .basicsize = sizeof(node),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = node_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &node_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Node", type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins212_twin_zeroed",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins212_twin_zeroed(void)
{
    return PyModuleDef_Init(&definition);
}
