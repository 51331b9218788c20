/* The small module in plain C as CPython's HOWTO "Isolating Extension Modules" says: heap types, module state.
 *
 * With TUNED, by the same rules, the fastest that is known: no METH_METHOD, tp_vectorcall, METH_FASTCALL for functions without
 * arguments, interned keyword names. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

typedef struct {
    PyObject *sentinel;
    PyObject *error;
    PyObject *counter_type;
    PyObject *pair_type;
    PyObject *steps_type;
    PyObject *block_type;
    PyObject *name_a;
    PyObject *name_b;
    Py_ssize_t size;
} State;

static struct PyModuleDef definition;

static inline State *
module_state(PyObject *module)
{
    return (State *)PyModule_GetState(module);
}

/* For slots, getters and setters (and, tuned, for methods): through the type and its bases. */
static inline State *
state_of(PyObject *self)
{
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(self), &definition);
    return module == NULL ? NULL : module_state(module);
}

/* Functions */

#ifdef TUNED
#define NOARGS PyObject *const *Py_UNUSED(args), Py_ssize_t nargs
#define METH_NONE METH_FASTCALL
#define CHECK_NOARGS(name) \
    if (nargs != 0) { \
        PyErr_Format(PyExc_TypeError, name "() takes no arguments (%zd given)", nargs); \
        return NULL; \
    }
#else
#define NOARGS PyObject *Py_UNUSED(ignored)
#define METH_NONE METH_NOARGS
#define CHECK_NOARGS(name)
#endif

static PyObject *
f(PyObject *Py_UNUSED(module), NOARGS)
{
    CHECK_NOARGS("f")
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

static int
keyword(PyObject *module, PyObject *name)
{
#ifdef TUNED
    State *state = module_state(module);
    if (name == state->name_a) {
        return 0;
    }
    if (name == state->name_b) {
        return 1;
    }
#else
    (void)module;
#endif
    if (PyUnicode_CompareWithASCIIString(name, "a") == 0) {
        return 0;
    }
    if (PyUnicode_CompareWithASCIIString(name, "b") == 0) {
        return 1;
    }
    PyErr_Format(PyExc_TypeError, "kw() got an unexpected keyword argument '%U'", name);
    return -1;
}

static PyObject *
kw(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *names)
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
        int index = keyword(module, name);
        if (index < 0) {
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
tag(PyObject *module, NOARGS)
{
    CHECK_NOARGS("tag")
    return Py_NewRef(module_state(module)->sentinel);
}

static PyObject *
call(PyObject *Py_UNUSED(module), PyObject *callback)
{
    return PyObject_CallNoArgs(callback);
}

static PyObject *
fail(PyObject *module, NOARGS)
{
    CHECK_NOARGS("fail")
    PyErr_SetString(module_state(module)->error, "failed");
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

/* What all types without object fields share */

static int
plain_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
plain_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    type->tp_free(self);
    Py_DECREF(type);
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

#ifdef TUNED
static PyObject *
counter_vectorcall(PyObject *type, PyObject *const *Py_UNUSED(args), size_t nargsf, PyObject *names)
{
    if (PyVectorcall_NARGS(nargsf) != 0 || (names != NULL && PyTuple_GET_SIZE(names) != 0)) {
        PyErr_SetString(PyExc_TypeError, "Counter() takes no arguments");
        return NULL;
    }
    return ((PyTypeObject *)type)->tp_alloc((PyTypeObject *)type, 0);
}
#endif

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

#ifdef TUNED
static PyObject *
counter_tag(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    State *state = state_of(self);
    return state == NULL ? NULL : Py_NewRef(state->sentinel);
}
#define METH_TAG METH_NOARGS
#else
static PyObject *
counter_tag(PyObject *Py_UNUSED(self), PyTypeObject *defining_class, PyObject *const *Py_UNUSED(args), Py_ssize_t nargs,
            PyObject *names)
{
    if (nargs != 0 || (names != NULL && PyTuple_GET_SIZE(names) != 0)) {
        PyErr_SetString(PyExc_TypeError, "tag() takes no arguments");
        return NULL;
    }
    State *state = (State *)PyType_GetModuleState(defining_class);
    return state == NULL ? NULL : Py_NewRef(state->sentinel);
}
#define METH_TAG (METH_METHOD | METH_FASTCALL | METH_KEYWORDS)
#endif

static PyMethodDef counter_methods[] = {
    {"bump", (PyCFunction)counter_bump, METH_NOARGS, "Add one."},
    {"plus", (PyCFunction)counter_plus, METH_O, "The count and n."},
    {"tag", (PyCFunction)(void (*)(void))counter_tag, METH_TAG, "The module's sentinel."},
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
counter_get_shared(PyObject *self, void *Py_UNUSED(closure))
{
    State *state = state_of(self);
    return state == NULL ? NULL : Py_NewRef(state->sentinel);
}

static PyGetSetDef counter_getset[] = {
    {"n", (getter)counter_get_n, (setter)counter_set_n, "The count.", NULL},
    {"shared", counter_get_shared, NULL, "The module's sentinel.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static Py_ssize_t
counter_length(PyObject *self)
{
    State *state = state_of(self);
    return state == NULL ? -1 : state->size;
}

static PyObject *
counter_add(PyObject *left, PyObject *right)
{
    /* Either operand may be ours: PyType_GetModuleByDef raises for one that is not. */
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(left), &definition);
    if (module == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) {
            return NULL;
        }
        PyErr_Clear();
        Py_RETURN_NOTIMPLEMENTED;
    }
    PyTypeObject *type = (PyTypeObject *)module_state(module)->counter_type;
    if (!PyObject_TypeCheck(left, type) || !PyLong_Check(right)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    long long n = PyLong_AsLongLong(right);
    if (n == -1 && PyErr_Occurred()) {
        return NULL;
    }
    Counter *sum = (Counter *)type->tp_alloc(type, 0);
    if (sum != NULL) {
        sum->n = ((Counter *)left)->n + n;
    }
    return (PyObject *)sum;
}

static PyType_Slot counter_slots[] = {
    {Py_tp_doc, "Counts."},
    {Py_tp_new, counter_new},
    {Py_tp_dealloc, plain_dealloc},
    {Py_tp_traverse, plain_traverse},
    {Py_tp_methods, counter_methods},
    {Py_tp_getset, counter_getset},
    {Py_mp_length, counter_length},
    {Py_nb_add, counter_add},
    {0, NULL},
};

static PyType_Spec counter_spec = {
    .name = "small.Counter",
    .basicsize = sizeof(Counter),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = counter_slots,
};

/* Pair: object fields */

typedef struct {
    PyObject_HEAD
    PyObject *a;
    PyObject *b;
} Pair;

static PyObject *
pair_make(PyTypeObject *type, PyObject *a, PyObject *b)
{
    Pair *self = (Pair *)type->tp_alloc(type, 0);
    if (self != NULL) {
        self->a = Py_NewRef(a);
        self->b = Py_NewRef(b);
    }
    return (PyObject *)self;
}

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
    return pair_make(type, a, b);
}

#ifdef TUNED
static PyObject *
pair_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *names)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (names != NULL && PyTuple_GET_SIZE(names) != 0) {
        PyErr_SetString(PyExc_TypeError, "Pair() takes no keyword arguments");
        return NULL;
    }
    if (nargs != 2) {
        PyErr_Format(PyExc_TypeError, "Pair expected 2 arguments, got %zd", nargs);
        return NULL;
    }
    return pair_make((PyTypeObject *)type, args[0], args[1]);
}
#endif

static int
pair_traverse(Pair *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
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
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    /* Chains of pairs may be long: see the documentation of Py_TRASHCAN_BEGIN. */
    Py_TRASHCAN_BEGIN(self, pair_dealloc)
    (void)pair_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
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

static PyType_Slot pair_slots[] = {
    {Py_tp_doc, "Two objects."},
    {Py_tp_new, pair_new},
    {Py_tp_dealloc, pair_dealloc},
    {Py_tp_traverse, pair_traverse},
    {Py_tp_clear, pair_clear},
    {Py_tp_getset, pair_getset},
    {0, NULL},
};

static PyType_Spec pair_spec = {
    .name = "small.Pair",
    .basicsize = sizeof(Pair),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = pair_slots,
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

static PyType_Slot steps_slots[] = {
    {Py_tp_doc, "The numbers below the end."},
    {Py_tp_new, steps_new},
    {Py_tp_dealloc, plain_dealloc},
    {Py_tp_traverse, plain_traverse},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, steps_next},
    {0, NULL},
};

static PyType_Spec steps_spec = {
    .name = "small.Steps",
    .basicsize = sizeof(Steps),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = steps_slots,
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

static PyType_Slot block_slots[] = {
    {Py_tp_doc, "Sixteen bytes."},
    {Py_tp_new, block_new},
    {Py_tp_dealloc, plain_dealloc},
    {Py_tp_traverse, plain_traverse},
    {Py_bf_getbuffer, block_getbuffer},
    {0, NULL},
};

static PyType_Spec block_spec = {
    .name = "small.Block",
    .basicsize = sizeof(Block),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = block_slots,
};

/* The module */

static PyMethodDef functions[] = {
    {"f", (PyCFunction)(void (*)(void))f, METH_NONE, "Nothing."},
    {"f1", f1, METH_O, "n + 1."},
    {"kw", (PyCFunction)(void (*)(void))kw, METH_FASTCALL | METH_KEYWORDS, "a + b."},
    {"tag", (PyCFunction)(void (*)(void))tag, METH_NONE, "The module's sentinel."},
    {"call", call, METH_O, "callback()."},
    {"fail", (PyCFunction)(void (*)(void))fail, METH_NONE, "Raises Error."},
    {"total", total, METH_O, "The sum of the items."},
    {NULL, NULL, 0, NULL},
};

static PyObject *
add_type(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    if (type != NULL && PyModule_AddType(module, (PyTypeObject *)type) < 0) {
        Py_CLEAR(type);
    }
    return type;
}

static int
exec(PyObject *module)
{
    State *state = module_state(module);
    state->size = 3;
    if ((state->sentinel = PyUnicode_FromString("sentinel")) == NULL ||
        (state->name_a = PyUnicode_InternFromString("a")) == NULL ||
        (state->name_b = PyUnicode_InternFromString("b")) == NULL ||
        (state->error = PyErr_NewException("small.Error", NULL, NULL)) == NULL ||
        PyModule_AddType(module, (PyTypeObject *)state->error) < 0 ||
        (state->counter_type = add_type(module, &counter_spec)) == NULL ||
        (state->pair_type = add_type(module, &pair_spec)) == NULL ||
        (state->steps_type = add_type(module, &steps_spec)) == NULL ||
        (state->block_type = add_type(module, &block_spec)) == NULL) {
        return -1;
    }
#ifdef TUNED
    ((PyTypeObject *)state->counter_type)->tp_vectorcall = counter_vectorcall;
    ((PyTypeObject *)state->pair_type)->tp_vectorcall = pair_vectorcall;
#endif
    return 0;
}

static int
traverse(PyObject *module, visitproc visit, void *arg)
{
    State *state = module_state(module);
    Py_VISIT(state->sentinel);
    Py_VISIT(state->error);
    Py_VISIT(state->counter_type);
    Py_VISIT(state->pair_type);
    Py_VISIT(state->steps_type);
    Py_VISIT(state->block_type);
    Py_VISIT(state->name_a);
    Py_VISIT(state->name_b);
    return 0;
}

static int
clear(PyObject *module)
{
    State *state = module_state(module);
    Py_CLEAR(state->sentinel);
    Py_CLEAR(state->error);
    Py_CLEAR(state->counter_type);
    Py_CLEAR(state->pair_type);
    Py_CLEAR(state->steps_type);
    Py_CLEAR(state->block_type);
    Py_CLEAR(state->name_a);
    Py_CLEAR(state->name_b);
    return 0;
}

static void
free_module(void *module)
{
    (void)clear((PyObject *)module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "small",
    .m_size = sizeof(State),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_small(void)
{
    return PyModuleDef_Init(&definition);
}
