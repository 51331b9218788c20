/* insula-corpus: title: a struct sequence that is described by globals
 * insula-corpus: twin-of: ins104_static_type ins104_declared_static_type
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the description is native and constant; PyStructSequence_NewType makes a heap type of it for each module object.
 */
#include "corpus.h"

static PyStructSequence_Field fields[] = {
    {"width", "Columns."}, {"height", "Rows."}, {NULL, NULL}};

static PyStructSequence_Desc description = {
    .name = "ins104_twin_struct_sequence.Size",
    .doc = "A size.",
    .fields = fields,
    .n_in_sequence = 2,
};

typedef struct {
    PyTypeObject *size;
} state;

static int
exec_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    st->size = PyStructSequence_NewType(&description);
    return st->size == NULL ? -1 : PyModule_AddType(module, st->size);
}

static PyObject *
make(PyObject *module, PyObject *Py_UNUSED(args))
{
    state *st = PyModule_GetState(module);
    PyObject *size = PyStructSequence_New(st->size);
    if (size == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < 2; i++) {
        PyObject *number = PyLong_FromLong(80 - 55 * (long)i);
        if (number == NULL) {
            Py_DECREF(size);
            return NULL;
        }
        PyStructSequence_SET_ITEM(size, i, number);
    }
    return size;
}

static PyMethodDef methods[] = {
    {"make", make, METH_NOARGS, "A size of 80 by 25."},
    {NULL, NULL, 0, NULL}};

static int
traverse_module(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(((state *)PyModule_GetState(module))->size);
    return 0;
}

static int
clear_module(PyObject *module)
{
    Py_CLEAR(((state *)PyModule_GetState(module))->size);
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
    .m_name = "ins104_twin_struct_sequence",
    .m_size = sizeof(state),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins104_twin_struct_sequence(void)
{
    return PyModuleDef_Init(&definition);
}
