/* insula-corpus: title: a constructor that returns the one instance that there is
 * insula-corpus: twin-of: ins209_borrowed_visited ins209_type_twice
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the instance owns one reference to its type and tells of one, however often it is asked for.
 */
#include "corpus.h"

typedef struct {
    PyObject *utc;
} state;

typedef struct {
    PyObject_HEAD
} zone;

static int
zone_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
zone_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static struct PyModuleDef definition;

static PyObject *
zone_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    PyObject *module = PyType_GetModuleByDef(type, &definition);
    if (module == NULL || !PyArg_ParseTuple(args, "")) {
        return NULL;
    }
    state *st = PyModule_GetState(module);
    if (st->utc == NULL) {
        st->utc = type->tp_alloc(type, 0);
    }
    return Py_XNewRef(st->utc);
}

static PyType_Slot zone_slots[] = {
    {Py_tp_new, zone_new},
    {Py_tp_traverse, zone_traverse},
    {Py_tp_dealloc, zone_dealloc},
    {0, NULL}};

static PyType_Spec zone_spec = {
    .name = "ins209_twin_one_instance.Zone",
    .basicsize = sizeof(zone),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = zone_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &zone_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Zone", type);
    Py_DECREF(type);
    return result;
}

static int
traverse_module(PyObject *module, visitproc visit, void *arg)
{
    state *st = PyModule_GetState(module);
    Py_VISIT(st->utc);
    return 0;
}

static int
clear_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    Py_CLEAR(st->utc);
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
    .m_name = "ins209_twin_one_instance",
    .m_size = sizeof(state),
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins209_twin_one_instance(void)
{
    return PyModuleDef_Init(&definition);
}
