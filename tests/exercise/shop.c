/* Defects that calls of strangers do not reach, for `insula audit --exercise`. With SOUND, none of them. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#ifdef SOUND
typedef struct { PyObject *prices, *rates, *last; } State;
#define LAZY(module, name) ((State *)PyModule_GetState(module))->name
#else
static PyObject *price_cache, *rate_list, *last_order;
static int64_t first_interpreter = -1;
#define LAZY_prices price_cache
#define LAZY_rates rate_list
#define LAZY_last last_order
#define LAZY(module, name) LAZY_##name
#endif

/* Fills three variables, behind five specific arguments. */
static PyObject *
quote(PyObject *module, PyObject *args)
{
    const char *currency, *kind;
    int count, digits;
    PyObject *options;
    (void)module;
    if (!PyArg_ParseTuple(args, "siisO!:quote", &currency, &count, &digits, &kind, &PyDict_Type, &options)) {
        return NULL;
    }
    if (strcmp(currency, "EUR") != 0 || count < 10 || strcmp(kind, "bulk") != 0) {
        PyErr_SetString(PyExc_ValueError, "no such price");
        return NULL;
    }
    if (LAZY(module, prices) == NULL) {
        LAZY(module, prices) = PyDict_New();
    }
    if (LAZY(module, rates) == NULL) {
        LAZY(module, rates) = PyList_New(0);
    }
    if (LAZY(module, last) == NULL) {
        LAZY(module, last) = PyByteArray_FromStringAndSize("order", 5);
    }
    return PyLong_FromLong(count * digits);
}

/* Passes each value to a callback. Where that empties the dictionary, a reference to the key is lost. */
static PyObject *
encode(PyObject *module, PyObject *args)
{
    PyObject *dict, *callback, *result = PyList_New(0);
    (void)module;
    if (result == NULL || !PyArg_ParseTuple(args, "O!O:encode", &PyDict_Type, &dict, &callback)) {
        Py_XDECREF(result);
        return NULL;
    }
    PyObject *key, *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(dict, &position, &key, &value)) {
        Py_INCREF(key);
        Py_INCREF(value);
        PyObject *made = PyObject_CallOneArg(callback, value);
        Py_DECREF(value);
        if (made == NULL || PyList_Append(result, made) < 0) {
            Py_XDECREF(made);
            Py_DECREF(key);
            Py_DECREF(result);
            return NULL;
        }
        Py_DECREF(made);
#ifndef SOUND
        if (PyDict_GET_SIZE(dict) == 0) {
            break;
        }
#endif
        Py_DECREF(key);
    }
    return result;
}

/* Answers in the interpreter that asked first, and in no other one. */
static PyObject *
connect(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
#ifndef SOUND
    int64_t here = PyInterpreterState_GetID(PyInterpreterState_Get());
    if (first_interpreter < 0) {
        first_interpreter = here;
    }
    if (first_interpreter != here) {
        PyErr_SetString(PyExc_RuntimeError, "connected elsewhere");
        return NULL;
    }
#endif
    Py_RETURN_TRUE;
}

typedef struct { PyObject_HEAD } Ledger;

static PyObject *
ledger_enter(PyObject *Py_UNUSED(self), PyObject *args)
{
    const char *day;
    int month, year;
    if (!PyArg_ParseTuple(args, "sii:enter", &day, &month, &year)) {
        return NULL;
    }
    PyObject *entry = PyBytes_FromStringAndSize(NULL, 600);
    if (entry == NULL) {
        return NULL;
    }
#ifdef SOUND
    Py_DECREF(entry);
#endif
    Py_RETURN_NONE;
}

static PyObject *
unused(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    Py_RETURN_NONE;
}

static void
ledger_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef ledger_methods[] = {{"enter", ledger_enter, METH_VARARGS, "Enter a day."}, {NULL}};
static PyType_Slot ledger_slots[] = {{Py_tp_methods, ledger_methods}, {Py_tp_dealloc, ledger_dealloc}, {0}};
static PyType_Spec ledger_spec = {
    .name = "shop.Ledger", .basicsize = sizeof(Ledger), .slots = ledger_slots,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
};

static int
exec(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &ledger_spec, NULL);
    int failed = type == NULL ? -1 : PyModule_AddObjectRef(module, "Ledger", type);
    Py_XDECREF(type);
    return failed;
}

#ifdef SOUND
static int
traverse(PyObject *module, visitproc visit, void *arg)
{
    State *state = PyModule_GetState(module);
    Py_VISIT(state->prices);
    Py_VISIT(state->rates);
    Py_VISIT(state->last);
    return 0;
}

static int
clear(PyObject *module)
{
    State *state = PyModule_GetState(module);
    Py_CLEAR(state->prices);
    Py_CLEAR(state->rates);
    Py_CLEAR(state->last);
    return 0;
}

static void
release(void *module)
{
    clear(module);
}
#endif

static PyMethodDef methods[] = {
    {"quote", quote, METH_VARARGS, "A price."},
    {"encode", encode, METH_VARARGS, "What a callback makes of values."},
    {"connect", connect, METH_NOARGS, "Connect."},
    {"unused", unused, METH_NOARGS, "What no test calls."},
    {NULL},
};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "shop", .m_methods = methods, .m_slots = slots,
#ifdef SOUND
    .m_size = sizeof(State), .m_traverse = traverse, .m_clear = clear, .m_free = release,
#endif
};

PyMODINIT_FUNC
PyInit_shop(void)
{
    return PyModuleDef_Init(&definition);
}
