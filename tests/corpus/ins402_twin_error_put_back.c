/* insula-corpus: title: a comparison and a dealloc that may fail inside, and leave no trace of that
 * insula-corpus: twin-of: ins402_comparison_with_error ins402_error_from_dealloc
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the comparison drops the exception before it answers; dealloc puts aside the one that is set, reports its own, and puts the first one back.
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
        PyErr_Clear();
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
    PyObject *kind, *value, *traceback;
    PyErr_Fetch(&kind, &value, &traceback);
    PyErr_SetString(PyExc_RuntimeError, "it was never closed");
    PyErr_Clear();
    PyErr_Restore(kind, value, traceback);
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
    .name = "ins402_twin_error_put_back.Text",
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
    .m_name = "ins402_twin_error_put_back",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins402_twin_error_put_back(void)
{
    return PyModuleDef_Init(&definition);
}
