/* insula-corpus: title: references that are stolen, borrowed and returned, each accounted for
 * insula-corpus: twin-of: ins211_borrowed_result ins211_type_released_twice
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: what is borrowed gets a reference of its own before it is returned; what is given to a function that steals is not released again.
 */
#include "corpus.h"

/* PyList_SET_ITEM steals. */
static PyObject *
pair(PyObject *Py_UNUSED(module), PyObject *value)
{
    PyObject *list = PyList_New(2);
    if (list != NULL) {
        PyList_SET_ITEM(list, 0, Py_NewRef(value));
        PyList_SET_ITEM(list, 1, Py_NewRef(value));
    }
    return list;
}

/* PyTuple_GetItem lends. */
static PyObject *
first(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *item = PyTuple_GetItem(args, 0);
    return Py_XNewRef(item);
}

static PyObject *
same(PyObject *Py_UNUSED(module), PyObject *value)
{
    return Py_NewRef(value);
}

/* PyModule_AddObject steals, but only if it succeeds. */
static int
exec_module(PyObject *module)
{
    PyObject *names = PyList_New(0);
    if (names == NULL) {
        return -1;
    }
    if (PyModule_AddObject(module, "names", names) < 0) {
        Py_DECREF(names);
        return -1;
    }
    return 0;
}

/* Owned by the module's namespace; returned with a reference of its own. */
static PyObject *
names(PyObject *module, PyObject *Py_UNUSED(args))
{
    PyObject *all = PyDict_GetItemString(PyModule_GetDict(module), "names");
    if (all == NULL) {
        PyErr_SetString(PyExc_LookupError, "names");
    }
    return Py_XNewRef(all);
}

static PyMethodDef methods[] = {
    {"pair", pair, METH_O, "A value twice."},
    {"first", first, METH_VARARGS, "The first argument."},
    {"same", same, METH_O, "The argument."},
    {"all_names", names, METH_NOARGS, "The module's names."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins211_twin_stolen_references",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins211_twin_stolen_references(void)
{
    return PyModuleDef_Init(&definition);
}
