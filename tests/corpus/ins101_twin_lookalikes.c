/* insula-corpus: title: globals that look like objects and are none
 * insula-corpus: twin-of: ins101_global_list ins103_global_heap_type
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: pointers into libpython (singletons, built-in types and exceptions) are shared by design; a block whose second word is a type is not an object; a slot table that begins with Py_tp_base is neither.
 */
#include "corpus.h"

/* Written at run time, so they are in writable memory when the auditor looks. */
static PyObject *nothing;
static PyObject *base_error;
static PyTypeObject *text_type;

/* As many modules keep it: what kind of record, and of which type. Looks like {reference count, type}. */
struct record {
    Py_ssize_t kind;
    PyTypeObject *type;
    double weight;
};
static struct record *record;

/* The same in static memory, with what would be the number of a list's items in the third word. */
struct weights {
    Py_ssize_t kind;
    PyTypeObject *type;
    double sum;
    void *reserved[3];
};
static struct weights weights = {3, NULL, 2.5, {NULL, NULL, NULL}};
static struct weights *used = &weights;

static PyType_Slot derived_slots[] = {
    {Py_tp_base, NULL},
    {Py_tp_doc, "A str of its own type."},
    {0, NULL}};

static PyType_Spec derived_spec = {
    .name = "ins101_twin_lookalikes.Text",
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = derived_slots,
};

/* Plain C data; the writable pointer to it makes the table reachable for a scan. */
static PyType_Spec *spec = &derived_spec;

static PyObject *
describe(PyObject *Py_UNUSED(module), PyObject *value)
{
    if (Py_TYPE(value) == text_type) {
        return PyUnicode_FromFormat("text of kind %zd", record->kind);
    }
    if (value == nothing) {
        Py_RETURN_NONE;
    }
    PyErr_SetString(base_error, "neither text nor nothing");
    return NULL;
}

static PyMethodDef methods[] = {
    {"describe", describe, METH_O, "What kind of value it is."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *module)
{
    nothing = Py_None;
    base_error = PyExc_LookupError;
    text_type = &PyUnicode_Type;
    spec->slots[0].pfunc = &PyUnicode_Type;
    used->type = &PyList_Type;
    if (record == NULL) {
        record = malloc(sizeof(*record));
        if (record == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        record->kind = 3;
        record->type = &PyList_Type;
        record->weight = 0.5;
    }
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins101_twin_lookalikes",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins101_twin_lookalikes(void)
{
    return PyModuleDef_Init(&definition);
}
