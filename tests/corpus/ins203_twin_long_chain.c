/* insula-corpus: title: links whose dealloc untracks, clears weak references and does not overflow the stack
 * insula-corpus: twin-of: ins203_no_untrack ins203_untrack_too_late
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: untracked before anything is released; what is only put off by the trashcan is released later, all the same.
 */
#include "corpus.h"
#include <structmember.h>
#include <stddef.h>

typedef struct {
    PyObject_HEAD
    PyObject *next;
    PyObject *weak_references;
} chain;

static int
chain_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((chain *)self)->next);
    return 0;
}

static int
chain_clear(PyObject *self)
{
    Py_CLEAR(((chain *)self)->next);
    return 0;
}

static void
chain_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, chain_dealloc)
    if (((chain *)self)->weak_references != NULL) {
        PyObject_ClearWeakRefs(self);
    }
    chain_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

static PyObject *
chain_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *next = NULL;
    if (!PyArg_ParseTuple(args, "|O", &next)) {
        return NULL;
    }
    chain *self = (chain *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->next = Py_XNewRef(next);
    }
    return (PyObject *)self;
}

static PyMemberDef chain_members[] = {
    {"next", T_OBJECT, offsetof(chain, next), READONLY, "The rest."},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(chain, weak_references), READONLY, NULL},
    {NULL, 0, 0, 0, NULL}};

static PyType_Slot chain_slots[] = {
    {Py_tp_new, chain_new},
    {Py_tp_traverse, chain_traverse},
    {Py_tp_clear, chain_clear},
    {Py_tp_dealloc, chain_dealloc},
    {Py_tp_members, chain_members},
    {0, NULL}};

static PyType_Spec chain_spec = {
    .name = "ins203_twin_long_chain.Link",
    .basicsize = sizeof(chain),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = chain_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &chain_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Link", type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins203_twin_long_chain",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins203_twin_long_chain(void)
{
    return PyModuleDef_Init(&definition);
}
