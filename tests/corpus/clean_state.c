/* insula-corpus: title: a heap type, an exception and a cache, all in the module state
 * insula-corpus: twin-of: ins001_single_phase ins003_slot_missing ins103_global_heap_type ins103_global_exception ins101_lazy_dict
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the shape that the HOWTO asks for: multi-phase, everything in the state, visited, cleared, freed, declared.
 */
#include "corpus.h"

typedef struct {
    PyObject *counter_type;
    PyObject *error;
    PyObject *cache;
} state;

static state *
get_state(PyObject *module)
{
    return PyModule_GetState(module);
}

typedef struct {
    PyObject_HEAD
    long count;
} counter;

static int
counter_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
counter_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
counter_bump(PyObject *self, PyObject *Py_UNUSED(args))
{
    return PyLong_FromLong(++((counter *)self)->count);
}

static PyMethodDef counter_methods[] = {
    {"bump", counter_bump, METH_NOARGS, "Count one more."},
    {NULL, NULL, 0, NULL}};

static PyType_Slot counter_slots[] = {
    {Py_tp_traverse, counter_traverse},
    {Py_tp_dealloc, counter_dealloc},
    {Py_tp_methods, counter_methods},
    {0, NULL}};

static PyType_Spec counter_spec = {
    .name = "clean_state.Counter",
    .basicsize = sizeof(counter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = counter_slots,
};

static PyObject *
remember(PyObject *module, PyObject *key)
{
    state *st = get_state(module);
    if (PyDict_SetItem(st->cache, key, Py_True) < 0) {
        return NULL;
    }
    return PyLong_FromSsize_t(PyDict_Size(st->cache));
}

static PyMethodDef methods[] = {
    {"remember", remember, METH_O, "Remember a key; returns how many are known."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *module)
{
    state *st = get_state(module);
    st->cache = PyDict_New();
    if (st->cache == NULL) {
        return -1;
    }
    st->error = PyErr_NewException("clean_state.Error", PyExc_ValueError, NULL);
    if (PyModule_AddObjectRef(module, "Error", st->error) < 0) {
        return -1;
    }
    st->counter_type = PyType_FromModuleAndSpec(module, &counter_spec, NULL);
    if (st->counter_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, (PyTypeObject *)st->counter_type);
}

static int
traverse_module(PyObject *module, visitproc visit, void *arg)
{
    state *st = get_state(module);
    Py_VISIT(st->counter_type);
    Py_VISIT(st->error);
    Py_VISIT(st->cache);
    return 0;
}

static int
clear_module(PyObject *module)
{
    state *st = get_state(module);
    Py_CLEAR(st->counter_type);
    Py_CLEAR(st->error);
    Py_CLEAR(st->cache);
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
    .m_name = "clean_state",
    .m_size = sizeof(state),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_clean_state(void)
{
    return PyModuleDef_Init(&definition);
}
