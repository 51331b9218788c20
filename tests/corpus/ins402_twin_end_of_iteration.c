/* insula-corpus: title: NULL without an exception, where that is the answer; and exceptions set in roundabout ways
 * insula-corpus: twin-of: ins402_null_without_error ins402_result_with_error
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: an iterator ends without an exception; an exception that was fetched is restored or dropped; SystemError itself is an exception that one may raise.
 */
#include "corpus.h"

typedef struct {
    PyObject_HEAD
    long left;
} countdown;

static PyObject *
countdown_next(PyObject *self)
{
    countdown *own = (countdown *)self;
    return own->left > 0 ? PyLong_FromLong(own->left--) : NULL;
}

static PyObject *
countdown_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    countdown *self = (countdown *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->left = 3;
    }
    return (PyObject *)self;
}

static int
countdown_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
countdown_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot countdown_slots[] = {
    {Py_tp_new, countdown_new},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, countdown_next},
    {Py_tp_traverse, countdown_traverse},
    {Py_tp_dealloc, countdown_dealloc},
    {0, NULL}};

static PyType_Spec countdown_spec = {
    .name = "ins402_twin_end_of_iteration.Countdown",
    .basicsize = sizeof(countdown),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = countdown_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &countdown_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Countdown", type);
    Py_DECREF(type);
    return result;
}

/* An exception of the first attempt is dropped, as the second one may still succeed. */
static PyObject *
size(PyObject *Py_UNUSED(module), PyObject *value)
{
    Py_ssize_t length = PyObject_Size(value);
    if (length >= 0) {
        return PyLong_FromSsize_t(length);
    }
    PyErr_Clear();
    PyObject *iterator = PyObject_GetIter(value);
    if (iterator == NULL) {
        return NULL;
    }
    PyObject *item = PyIter_Next(iterator);
    Py_DECREF(iterator);
    if (item == NULL) {
        return PyErr_Occurred() ? NULL : PyLong_FromLong(0);
    }
    Py_DECREF(item);
    return PyLong_FromLong(-1);
}

static PyObject *
device(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    PyErr_SetString(PyExc_SystemError, "the device is not ready");
    return NULL;
}

static PyMethodDef methods[] = {
    {"size", size, METH_O, "How many, or -1 if that is not known."},
    {"device", device, METH_NOARGS, "Is never ready."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins402_twin_end_of_iteration",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins402_twin_end_of_iteration(void)
{
    return PyModuleDef_Init(&definition);
}
