/* insula-corpus: title: a method returns the object that it is called on, with a reference of its own
 * insula-corpus: twin-of: ins211_returns_itself
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the result is owned by whoever gets it.
 */
#include "corpus.h"
#include <stddef.h>

typedef struct {
    PyObject_HEAD
    long above, below;
} ratio;

static PyObject *
ratio_new(PyTypeObject *type, PyObject *args, PyObject *kwds)
{
    static char *names[] = {"above", "below", NULL};
    long above = 1, below = 3;
    if (!PyArg_ParseTupleAndKeywords(args, kwds, "|ll", names, &above, &below)) {
        return NULL;
    }
    ratio *self = (ratio *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->above = above;
        self->below = below;
    }
    return (PyObject *)self;
}

static void
ratio_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

/* The nearest ratio whose denominator is no larger. */
static PyObject *
limit(PyObject *self, PyObject *args)
{
    long most = 1000;
    if (!PyArg_ParseTuple(args, "|l", &most)) {
        return NULL;
    }
    ratio *old = (ratio *)self;
    if (old->below <= most) {
        return Py_NewRef(self);
    }
    ratio *made = (ratio *)Py_TYPE(self)->tp_alloc(Py_TYPE(self), 0);
    if (made != NULL) {
        made->above = old->above * most / old->below;
        made->below = most;
    }
    return (PyObject *)made;
}

static PyMethodDef ratio_methods[] = {
    {"limit", limit, METH_VARARGS, "The nearest ratio whose denominator is no larger."},
    {NULL, NULL, 0, NULL}};

static PyType_Slot ratio_slots[] = {
    {Py_tp_new, ratio_new},
    {Py_tp_dealloc, ratio_dealloc},
    {Py_tp_methods, ratio_methods},
    {0, NULL}};

static PyType_Spec ratio_spec = {
    .name = "ins211_twin_returns_itself.Ratio",
    .basicsize = sizeof(ratio),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = ratio_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &ratio_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Ratio", type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins211_twin_returns_itself",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins211_twin_returns_itself(void)
{
    return PyModuleDef_Init(&definition);
}
