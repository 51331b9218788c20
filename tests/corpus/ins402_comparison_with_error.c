/* insula-corpus: title: a comparison that answers, although an exception is set
 * insula-corpus: expect: INS402
 * insula-corpus: answers: clean=no
 * insula-corpus: why: a release build does not look behind an operator: the next call that does gets a SystemError it has nothing to do with.
 */
#include "corpus.h"

typedef struct {
    PyObject_HEAD
} text;

static PyObject *
text_richcompare(PyObject *Py_UNUSED(self), PyObject *other, int operation)
{
    if (operation != Py_EQ) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    Py_buffer view;
    if (PyObject_GetBuffer(other, &view, PyBUF_SIMPLE) < 0) {
        /* No buffer, so it is not equal; but the TypeError stays. */
        Py_RETURN_FALSE;
    }
    PyBuffer_Release(&view);
    Py_RETURN_TRUE;
}

static int
text_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
text_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot text_slots[] = {
    {Py_tp_richcompare, text_richcompare},
    {Py_tp_hash, PyObject_HashNotImplemented},
    {Py_tp_traverse, text_traverse},
    {Py_tp_dealloc, text_dealloc},
    {0, NULL}};

static PyType_Spec text_spec = {
    .name = "ins402_comparison_with_error.Text",
    .basicsize = sizeof(text),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = text_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &text_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Text", type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins402_comparison_with_error",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins402_comparison_with_error(void)
{
    return PyModuleDef_Init(&definition);
}
