/* insula-corpus: title: a dealloc that does not clear the weak references
 * insula-corpus: expect: INS212
 * insula-corpus: answers: clean=no
 * insula-corpus: why: who holds a weak reference gets memory that is somebody else's by then.
 */
#include "corpus.h"
#include <structmember.h>
#include <stddef.h>

typedef struct {
    PyObject_HEAD
    PyObject *weak;
} node;

static void
node_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef node_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(node, weak), READONLY, NULL},
    {NULL, 0, 0, 0, NULL}};

static PyType_Slot node_slots[] = {
    {Py_tp_dealloc, node_dealloc},
    {Py_tp_members, node_members},
    {0, NULL}};

static PyType_Spec node_spec = {
    .name = "ins212_not_cleared.Node",
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
    .m_name = "ins212_not_cleared",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins212_not_cleared(void)
{
    return PyModuleDef_Init(&definition);
}
