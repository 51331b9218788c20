/* insula-corpus: title: interned names, a large int and a tuple, made from native tables for each module object
 * insula-corpus: twin-of: ins102_global_tuple ins102_global_big_int ins102_interned_str
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the globals say what to make; what is made belongs to the module state.
 */
#include "corpus.h"
#include <stddef.h>

typedef struct {
    PyObject *left;
    PyObject *right;
    PyObject *limit;
    PyObject *both;
} state;

/* Writable, as such tables often are for want of a const. */
static struct {
    const char *text;
    size_t offset;
} names[] = {{"left", offsetof(state, left)}, {"right", offsetof(state, right)}};

static int
exec_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        PyObject *name = PyUnicode_InternFromString(names[i].text);
        if (name == NULL) {
            return -1;
        }
        *(PyObject **)((char *)st + names[i].offset) = name;
    }
    st->limit = PyLong_FromString("123456789012345678901234567890", NULL, 10);
    st->both = PyTuple_Pack(2, st->left, st->right);
    return st->limit == NULL || st->both == NULL ? -1 : 0;
}

static PyObject *
get_both(PyObject *module, PyObject *Py_UNUSED(args))
{
    state *st = PyModule_GetState(module);
    return Py_NewRef(st->both);
}

static PyObject *
is_below(PyObject *module, PyObject *value)
{
    state *st = PyModule_GetState(module);
    return PyObject_RichCompare(value, st->limit, Py_LT);
}

static PyMethodDef methods[] = {
    {"both", get_both, METH_NOARGS, "Both names."},
    {"is_below", is_below, METH_O, "Whether a number is below the limit."},
    {NULL, NULL, 0, NULL}};

static int
traverse_module(PyObject *module, visitproc visit, void *arg)
{
    state *st = PyModule_GetState(module);
    Py_VISIT(st->left);
    Py_VISIT(st->right);
    Py_VISIT(st->limit);
    Py_VISIT(st->both);
    return 0;
}

static int
clear_module(PyObject *module)
{
    state *st = PyModule_GetState(module);
    Py_CLEAR(st->left);
    Py_CLEAR(st->right);
    Py_CLEAR(st->limit);
    Py_CLEAR(st->both);
    return 0;
}

static void
free_module(void *module)
{
    clear_module(module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins102_twin_constants_in_state",
    .m_size = sizeof(state),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins102_twin_constants_in_state(void)
{
    return PyModuleDef_Init(&definition);
}
