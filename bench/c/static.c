/* The small module in plain C with process-wide state: static types, single-phase initialisation. The ceiling of speed; not
 * isolated. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *sentinel;
static PyObject *error;
static Py_ssize_t size = 3;

static PyTypeObject counter_type;
static PyTypeObject steps_type;

/* Functions */

static PyObject *
f(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    Py_RETURN_NONE;
}

static PyObject *
f1(PyObject *Py_UNUSED(module), PyObject *arg)
{
    long long n = PyLong_AsLongLong(arg);
    if (n == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromLongLong(n + 1);
}

static PyObject *
kw(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t nargs, PyObject *names)
{
    PyObject *values[2] = {NULL, NULL};
    if (nargs > 2) {
        PyErr_Format(PyExc_TypeError, "kw() takes at most 2 positional arguments (%zd given)", nargs);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        values[i] = args[i];
    }
    Py_ssize_t count = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        int index;
        if (PyUnicode_CompareWithASCIIString(name, "a") == 0) {
            index = 0;
        }
        else if (PyUnicode_CompareWithASCIIString(name, "b") == 0) {
            index = 1;
        }
        else {
            PyErr_Format(PyExc_TypeError, "kw() got an unexpected keyword argument '%U'", name);
            return NULL;
        }
        if (values[index] != NULL) {
            PyErr_Format(PyExc_TypeError, "argument for kw() given by name ('%U') and position (%d)", name, index + 1);
            return NULL;
        }
        values[index] = args[nargs + i];
    }
    if (values[0] == NULL) {
        PyErr_SetString(PyExc_TypeError, "kw() missing required argument 'a' (pos 1)");
        return NULL;
    }
    long long a = PyLong_AsLongLong(values[0]);
    if (a == -1 && PyErr_Occurred()) {
        return NULL;
    }
    long long b = 1;
    if (values[1] != NULL) {
        b = PyLong_AsLongLong(values[1]);
        if (b == -1 && PyErr_Occurred()) {
            return NULL;
        }
    }
    return PyLong_FromLongLong(a + b);
}

static PyObject *
tag(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return Py_NewRef(sentinel);
}

static PyObject *
call(PyObject *Py_UNUSED(module), PyObject *callback)
{
    return PyObject_CallNoArgs(callback);
}

static PyObject *
fail(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    PyErr_SetString(error, "failed");
    return NULL;
}

static PyObject *
total(PyObject *Py_UNUSED(module), PyObject *iterable)
{
    PyObject *iterator = PyObject_GetIter(iterable);
    if (iterator == NULL) {
        return NULL;
    }
    long long sum = 0;
    PyObject *item;
    while ((item = PyIter_Next(iterator)) != NULL) {
        long long n = PyLong_AsLongLong(item);
        Py_DECREF(item);
        if (n == -1 && PyErr_Occurred()) {
            Py_DECREF(iterator);
            return NULL;
        }
        sum += n;
    }
    Py_DECREF(iterator);
    if (PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromLongLong(sum);
}

/* Counter: no object fields */

typedef struct {
    PyObject_HEAD
    long long n;
} Counter;

static PyObject *
counter_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args) != 0 || (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0)) {
        PyErr_SetString(PyExc_TypeError, "Counter() takes no arguments");
        return NULL;
    }
    return type->tp_alloc(type, 0);
}

static void
counter_dealloc(PyObject *self)
{
    Py_TYPE(self)->tp_free(self);
}

static PyObject *
counter_bump(Counter *self, PyObject *Py_UNUSED(ignored))
{
    self->n += 1;
    return PyLong_FromLongLong(self->n);
}

static PyObject *
counter_plus(Counter *self, PyObject *arg)
{
    long long n = PyLong_AsLongLong(arg);
    if (n == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromLongLong(self->n + n);
}

static PyObject *
counter_tag(Counter *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
    return Py_NewRef(sentinel);
}

static PyMethodDef counter_methods[] = {
    {"bump", (PyCFunction)counter_bump, METH_NOARGS, "Add one."},
    {"plus", (PyCFunction)counter_plus, METH_O, "The count and n."},
    {"tag", (PyCFunction)counter_tag, METH_NOARGS, "The module's sentinel."},
    {NULL, NULL, 0, NULL},
};

static PyObject *
counter_get_n(Counter *self, void *Py_UNUSED(closure))
{
    return PyLong_FromLongLong(self->n);
}

static int
counter_set_n(Counter *self, PyObject *value, void *Py_UNUSED(closure))
{
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "attribute 'n' cannot be deleted");
        return -1;
    }
    long long n = PyLong_AsLongLong(value);
    if (n == -1 && PyErr_Occurred()) {
        return -1;
    }
    self->n = n;
    return 0;
}

static PyObject *
counter_get_shared(Counter *Py_UNUSED(self), void *Py_UNUSED(closure))
{
    return Py_NewRef(sentinel);
}

static PyGetSetDef counter_getset[] = {
    {"n", (getter)counter_get_n, (setter)counter_set_n, "The count.", NULL},
    {"shared", (getter)counter_get_shared, NULL, "The module's sentinel.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static Py_ssize_t
counter_length(Counter *Py_UNUSED(self))
{
    return size;
}

static PyObject *
counter_add(PyObject *left, PyObject *right)
{
    if (!PyObject_TypeCheck(left, &counter_type) || !PyLong_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    long long n = PyLong_AsLongLong(right);
    if (n == -1 && PyErr_Occurred()) {
        return NULL;
    }
    Counter *sum = (Counter *)counter_type.tp_alloc(&counter_type, 0);
    if (sum != NULL) {
        sum->n = ((Counter *)left)->n + n;
    }
    return (PyObject *)sum;
}

static PyNumberMethods counter_number = {.nb_add = counter_add};
static PyMappingMethods counter_mapping = {.mp_length = (lenfunc)counter_length};

static PyTypeObject counter_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "small.Counter",
    .tp_basicsize = sizeof(Counter),
    .tp_dealloc = counter_dealloc,
    .tp_as_number = &counter_number,
    .tp_as_mapping = &counter_mapping,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = "Counts.",
    .tp_methods = counter_methods,
    .tp_getset = counter_getset,
    .tp_new = counter_new,
};

/* Pair: object fields */

typedef struct {
    PyObject_HEAD
    PyObject *a;
    PyObject *b;
} Pair;

static PyObject *
pair_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *a, *b;
    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        PyErr_SetString(PyExc_TypeError, "Pair() takes no keyword arguments");
        return NULL;
    }
    if (!PyArg_UnpackTuple(args, "Pair", 2, 2, &a, &b)) {
        return NULL;
    }
    Pair *self = (Pair *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->a = Py_NewRef(a);
        self->b = Py_NewRef(b);
    }
    return (PyObject *)self;
}

static int
pair_traverse(Pair *self, visitproc visit, void *arg)
{
    Py_VISIT(self->a);
    Py_VISIT(self->b);
    return 0;
}

static int
pair_clear(Pair *self)
{
    Py_CLEAR(self->a);
    Py_CLEAR(self->b);
    return 0;
}

static void
pair_dealloc(Pair *self)
{
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, pair_dealloc)
    (void)pair_clear(self);
    Py_TYPE(self)->tp_free(self);
    Py_TRASHCAN_END
}

static PyObject *
pair_get_a(Pair *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(self->a == NULL ? Py_None : self->a);
}

static PyGetSetDef pair_getset[] = {
    {"a", (getter)pair_get_a, NULL, "The first.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject pair_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "small.Pair",
    .tp_basicsize = sizeof(Pair),
    .tp_dealloc = (destructor)pair_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "Two objects.",
    .tp_traverse = (traverseproc)pair_traverse,
    .tp_clear = (inquiry)pair_clear,
    .tp_getset = pair_getset,
    .tp_new = pair_new,
};

/* Steps: an iterator */

typedef struct {
    PyObject_HEAD
    long long next;
    long long end;
} Steps;

static PyObject *
steps_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    long long end;
    if (!PyArg_ParseTuple(args, "L:Steps", &end)) {
        return NULL;
    }
    Steps *self = (Steps *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->end = end;
    }
    return (PyObject *)self;
}

static PyObject *
steps_next(Steps *self)
{
    if (self->next >= self->end) {
        return NULL;
    }
    return PyLong_FromLongLong(self->next++);
}

static PyTypeObject steps_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "small.Steps",
    .tp_basicsize = sizeof(Steps),
    .tp_dealloc = counter_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "The numbers below the end.",
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)steps_next,
    .tp_new = steps_new,
};

/* Block: exports a buffer */

typedef struct {
    PyObject_HEAD
    char bytes[16];
} Block;

static PyObject *
block_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    return type->tp_alloc(type, 0);
}

static int
block_getbuffer(Block *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, (PyObject *)self, self->bytes, sizeof(self->bytes), 0, flags);
}

static PyBufferProcs block_buffer = {.bf_getbuffer = (getbufferproc)block_getbuffer};

static PyTypeObject block_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "small.Block",
    .tp_basicsize = sizeof(Block),
    .tp_dealloc = counter_dealloc,
    .tp_as_buffer = &block_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Sixteen bytes.",
    .tp_new = block_new,
};

/* The module */

static PyMethodDef functions[] = {
    {"f", f, METH_NOARGS, "Nothing."},
    {"f1", f1, METH_O, "n + 1."},
    {"kw", (PyCFunction)(void (*)(void))kw, METH_FASTCALL | METH_KEYWORDS, "a + b."},
    {"tag", tag, METH_NOARGS, "The module's sentinel."},
    {"call", call, METH_O, "callback()."},
    {"fail", fail, METH_NOARGS, "Raises Error."},
    {"total", total, METH_O, "The sum of the items."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "small",
    .m_size = -1,
    .m_methods = functions,
};

PyMODINIT_FUNC
PyInit_small(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL) {
        return NULL;
    }
    sentinel = PyUnicode_FromString("sentinel");
    error = PyErr_NewException("small.Error", NULL, NULL);
    if (sentinel == NULL || error == NULL || PyModule_AddObjectRef(module, "Error", error) < 0 ||
        PyModule_AddType(module, &counter_type) < 0 || PyModule_AddType(module, &pair_type) < 0 ||
        PyModule_AddType(module, &steps_type) < 0 || PyModule_AddType(module, &block_type) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
