/* Planted defects, each at a line that says which rule has to lead there. */
#include <Python.h>
#include <stddef.h>

static PyObject *price_cache; /* here: INS101 */
static PyObject *counter_type; /* here: INS103 */
static long calls; /* here: INS109 */
static __thread PyObject *last_key; /* here: INS108 */

typedef struct {
    PyObject *names; /* the state's field */
    PyObject *extra;
} shop_state;

typedef struct {
    PyObject_HEAD
    long count;
    PyObject *callback; /* the instance's field */
} CounterObject;

static PyObject *lookup(PyObject *module, PyObject *key) /* a static of a function */
{
    static PyObject *memo; /* here: INS101 */
    (void)module;
    calls++;
    if (price_cache == NULL) {
        price_cache = PyDict_New();
        memo = PyList_New(0);
    }
    if (last_key == NULL) {
        last_key = PyList_New(0);
    }
    if (price_cache == NULL || memo == NULL || last_key == NULL) {
        return NULL;
    }
    Py_INCREF(key);
    return key;
}

static PyObject *leak(PyObject *module, PyObject *key) /* here: INS308 */
{
    (void)module, (void)key;
    PyObject *kept = PyList_New(3);
    if (kept == NULL) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *first_letter(PyObject *module, PyObject *text) /* here: INS401 */
{
    (void)module;
    const char *letters = PyLong_Check(text) ? NULL : PyUnicode_AsUTF8(text);
    if (letters == NULL && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromLong(letters[0]);
}

static int counter_traverse(PyObject *self, visitproc visit, void *arg) /* here: INS204 */
{
    CounterObject *counter = (CounterObject *)self;
    (void)counter->callback;
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void counter_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_CLEAR(((CounterObject *)self)->callback);
    type->tp_free(self);
    Py_DECREF(type);
}

static int counter_init(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    CounterObject *counter = (CounterObject *)self;
    PyObject *callback = NULL;
    (void)keywords;
    if (!PyArg_ParseTuple(arguments, "|O", &callback)) {
        return -1;
    }
    callback = callback == NULL ? PyList_New(0) : Py_NewRef(callback);
    Py_XSETREF(counter->callback, callback);
    return callback == NULL ? -1 : 0;
}

static PyType_Slot counter_slots[] = {
    {Py_tp_traverse, counter_traverse}, {Py_tp_dealloc, counter_dealloc}, {Py_tp_init, counter_init}, {0, NULL}};
static PyType_Spec counter_spec = {
    "shop.Counter", sizeof(CounterObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    counter_slots};

static PyTypeObject point_type = { /* here: INS104 */
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "shop.Point",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
};

static int execute(PyObject *module)
{
    shop_state *state = PyModule_GetState(module);
    state->names = PyList_New(0);
    state->extra = PyList_New(0);
    counter_type = PyType_FromModuleAndSpec(module, &counter_spec, NULL);
    if (state->names == NULL || state->extra == NULL || counter_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, (PyTypeObject *)counter_type) || PyModule_AddType(module, &point_type) ? -1 : 0;
}

static int shop_traverse(PyObject *module, visitproc visit, void *arg) /* here: INS206 */
{
    shop_state *state = PyModule_GetState(module);
    Py_VISIT(state->extra);
    return 0;
}

static int shop_clear(PyObject *module)
{
    shop_state *state = PyModule_GetState(module);
    Py_CLEAR(state->extra);
    Py_CLEAR(state->names);
    return 0;
}

static PyMethodDef methods[] = {
    {"lookup", lookup, METH_O, NULL}, {"leak", leak, METH_O, NULL}, {"first_letter", first_letter, METH_O, NULL}, {0}};
static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute}, {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED}, {0, NULL}};
static PyModuleDef definition = { /* here: module */
    PyModuleDef_HEAD_INIT, .m_name = "shop", .m_size = sizeof(shop_state), .m_methods = methods, .m_slots = slots,
    .m_traverse = shop_traverse, .m_clear = shop_clear};
PyMODINIT_FUNC PyInit_shop(void) { return PyModuleDef_Init(&definition); }
