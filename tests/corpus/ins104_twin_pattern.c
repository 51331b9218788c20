/* insula-corpus: title: a static structure that heap types are made after
 * insula-corpus: twin-of: ins104_never_ready ins104_in_a_table
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the structure is a pattern, as generators write it, and never a type; each interpreter has a heap type of that name.
 */
#include "corpus.h"

typedef struct {
    PyObject_HEAD
    long left;
} matches;

static PyObject *
matches_next(PyObject *self)
{
    matches *own = (matches *)self;
    return own->left > 0 ? PyLong_FromLong(own->left--) : NULL;
}

static int
matches_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
matches_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    type->tp_free(self);
    Py_DECREF(type);
}

/* Kept as it is written, as one that is copied by memcpy() would be. */
__attribute__((used)) static PyTypeObject pattern = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "ins104_twin_pattern.Matches",
    .tp_basicsize = sizeof(matches),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_dealloc = matches_dealloc,
    .tp_traverse = matches_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = matches_next,
};

static int
exec_module(PyObject *module)
{
    PyType_Slot slots[] = {
        {Py_tp_dealloc, pattern.tp_dealloc},
        {Py_tp_traverse, pattern.tp_traverse},
        {Py_tp_iter, pattern.tp_iter},
        {Py_tp_iternext, pattern.tp_iternext},
        {0, NULL}};
    PyType_Spec spec = {
        .name = pattern.tp_name,
        .basicsize = (int)pattern.tp_basicsize,
        .flags = (unsigned int)pattern.tp_flags,
        .slots = slots,
    };
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Matches", type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins104_twin_pattern",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins104_twin_pattern(void)
{
    return PyModuleDef_Init(&definition);
}
