/* insula-corpus: title: an instance that leaves an exception behind when it goes
 * insula-corpus: expect: INS402
 * insula-corpus: answers: clean=no
 * insula-corpus: why: tp_dealloc has no way to raise: what it leaves set fails whatever is called next.
 */
#include "corpus.h"

typedef struct {
    PyObject_HEAD
    int open;
} stream;

static PyObject *
stream_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    stream *self = (stream *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->open = 1;
    }
    return (PyObject *)self;
}

static int
stream_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
stream_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (((stream *)self)->open && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_RuntimeError, "it was never closed");
    }
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot stream_slots[] = {
    {Py_tp_new, stream_new},
    {Py_tp_traverse, stream_traverse},
    {Py_tp_dealloc, stream_dealloc},
    {0, NULL}};

static PyType_Spec stream_spec = {
    .name = "ins402_error_from_dealloc.Stream",
    .basicsize = sizeof(stream),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = stream_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &stream_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Stream", type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins402_error_from_dealloc",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins402_error_from_dealloc(void)
{
    return PyModuleDef_Init(&definition);
}
