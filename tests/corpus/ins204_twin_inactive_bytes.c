/* insula-corpus: title: a value that is nothing or a list, in whose unused bytes an address is left
 * insula-corpus: twin-of: ins204_made_inside ins204_member_missed
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the tag says that there is no list; the bytes behind it belong to nobody, as in an enum of Rust.
 */
#include "corpus.h"

enum tag { NOTHING, LIST };

typedef struct {
    PyObject_HEAD
    enum tag tag;
    PyObject *list; /* If the tag says so. */
} holder;

typedef struct {
    PyObject *spare;
} state;

static PyObject *
holder_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    state *st = PyType_GetModuleState(type);
    holder *self = st == NULL ? NULL : (holder *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->tag = NOTHING;
        self->list = st->spare;
    }
    return (PyObject *)self;
}

static PyObject *
holder_fill(PyObject *self, PyObject *Py_UNUSED(args))
{
    holder *this = (holder *)self;
    if (this->tag == NOTHING) {
        PyObject *list = PyList_New(0);
        if (list == NULL) {
            return NULL;
        }
        this->list = list;
        this->tag = LIST;
    }
    return Py_NewRef(this->list);
}

static int
holder_traverse(PyObject *self, visitproc visit, void *arg)
{
    holder *this = (holder *)self;
    Py_VISIT(Py_TYPE(self));
    if (this->tag == LIST) {
        Py_VISIT(this->list);
    }
    return 0;
}

static int
holder_clear(PyObject *self)
{
    holder *this = (holder *)self;
    if (this->tag == LIST) {
        this->tag = NOTHING;
        Py_DECREF(this->list);
    }
    return 0;
}

static void
holder_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    holder_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef holder_methods[] = {
    {"fill", holder_fill, METH_NOARGS, "The list, which is made if need be."},
    {NULL, NULL, 0, NULL}};

static PyType_Slot holder_slots[] = {
    {Py_tp_traverse, holder_traverse},
    {Py_tp_clear, holder_clear},
    {Py_tp_dealloc, holder_dealloc},
    {Py_tp_methods, holder_methods},
    {Py_tp_new, holder_new},
    {0, NULL}};

static PyType_Spec holder_spec = {
    .name = "ins204_twin_inactive_bytes.Holder",
    .basicsize = sizeof(holder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = holder_slots,
};

static int
exec_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    st->spare = PyList_New(0);
    if (st->spare == NULL) {
        return -1;
    }
    PyObject *type = PyType_FromModuleAndSpec(module, &holder_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Holder", type);
    Py_DECREF(type);
    return result;
}

static int
traverse_module(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(((state *)PyModule_GetState(module))->spare);
    return 0;
}

static int
clear_module(PyObject *module)
{
    Py_CLEAR(((state *)PyModule_GetState(module))->spare);
    return 0;
}

static void
free_module(void *module)
{
    clear_module(module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins204_twin_inactive_bytes",
    .m_size = sizeof(state),
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins204_twin_inactive_bytes(void)
{
    return PyModuleDef_Init(&definition);
}
