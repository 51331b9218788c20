/* insula-corpus: title: a static type that the first look at an instance makes ready
 * insula-corpus: expect: INS003 INS104 INS501
 * insula-corpus: answers: own-gil=undeclared parallel=no clean=no
 * insula-corpus: why: the module never calls PyType_Ready, which CPython does at the first attribute; until then no type knows of it.
 */
#include "corpus.h"

typedef struct {
    PyObject_HEAD
    long left;
} countdown;

static PyObject *
countdown_next(PyObject *self)
{
    countdown *count = (countdown *)self;
    return count->left > 0 ? PyLong_FromLong(count->left--) : NULL;
}

static void
countdown_dealloc(PyObject *self)
{
    PyObject_Free(self);
}

static PyTypeObject countdown_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "ins104_ready_on_use.Countdown",
    .tp_basicsize = sizeof(countdown),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = countdown_dealloc,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = countdown_next,
};

static PyObject *
count(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    countdown *made = PyObject_New(countdown, &countdown_type);
    if (made != NULL)
        made->left = 3;
    return (PyObject *)made;
}

static PyMethodDef methods[] = {
    {"count", count, METH_NOARGS, "count()"},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins104_ready_on_use",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins104_ready_on_use(void)
{
    return PyModuleDef_Init(&definition);
}
