/* insula-corpus: title: a static type whose instances take three calls to make
 * insula-corpus: expect: INS003 INS104 INS501
 * insula-corpus: answers: own-gil=undeclared parallel=no clean=no
 * insula-corpus: why: only who has learnt and finished gets an iterator, whose type CPython makes ready then; until then no type knows of it.
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

static void
matches_dealloc(PyObject *self)
{
    PyObject_Free(self);
}

static PyTypeObject matches_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "ins104_never_ready.Matches",
    .tp_basicsize = sizeof(matches),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_dealloc = matches_dealloc,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = matches_next,
};

static long learnt, finished;

static PyObject *
learn(PyObject *Py_UNUSED(module), PyObject *args)
{
    const char *key;
    long first, second, third;
    if (!PyArg_ParseTuple(args, "slll", &key, &first, &second, &third)) {
        return NULL;
    }
    learnt += first + second + third;
    Py_RETURN_NONE;
}

static PyObject *
finish(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    finished = learnt > 100;
    Py_RETURN_NONE;
}

static PyObject *
search(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(text))
{
    if (!finished) {
        PyErr_SetString(PyExc_ValueError, "finish first");
        return NULL;
    }
    if (PyType_Ready(&matches_type) < 0) {
        return NULL;
    }
    matches *made = PyObject_New(matches, &matches_type);
    if (made != NULL) {
        made->left = learnt;
    }
    return (PyObject *)made;
}

static PyMethodDef methods[] = {
    {"finish", finish, METH_NOARGS, "finish()"},
    {"learn", learn, METH_VARARGS, "learn(key, a, b, c)"},
    {"search", search, METH_O, "search(text)"},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins104_never_ready",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins104_never_ready(void)
{
    return PyModuleDef_Init(&definition);
}
