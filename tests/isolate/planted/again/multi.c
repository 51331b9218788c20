/* Multi-phase initialisation, with a state, a counter for the whole image, and a slot that creates the module. */
#include "planted.h"

static long execs, creates;
static long counter;

typedef struct {
    PyObject *list;
    PyObject *type;
} state_t;

COUNTER_METHODS(counter)

static PyObject *
keep(ONE_ARGUMENT)
{
    state_t *state = PyModule_GetState(module);
    if (PyList_Append(state->list, argument) < 0) {
        return NULL;
    }
    return Py_NewRef(state->list);
}

static PyObject *executed(NO_ARGUMENTS) { return Py_BuildValue("[ll]", creates, execs); }

static PyMethodDef methods[] = {
    METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHOD(keep, METH_O), METHOD(executed, METH_NOARGS),
    METHODS_END};

static PyType_Slot thing_slots[] = {{Py_tp_doc, "A class."}, {0, NULL}};
static PyType_Spec thing_spec = {"again._multi.Thing", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, thing_slots};

static int
execute(PyObject *module)
{
    state_t *state = PyModule_GetState(module);
    execs++;
    state->list = PyList_New(0);
    state->type = PyType_FromModuleAndSpec(module, &thing_spec, NULL);
    return state->list && state->type && PyModule_AddObjectRef(module, "Thing", state->type) == 0
        && PyModule_AddIntConstant(module, "executed_in", (long)here()) == 0 ? 0 : -1;
}

static int
traverse(PyObject *module, visitproc visit, void *arg)
{
    state_t *state = PyModule_GetState(module);
    if (state) {
        Py_VISIT(state->list);
        Py_VISIT(state->type);
    }
    return 0;
}

static int
clear(PyObject *module)
{
    state_t *state = PyModule_GetState(module);
    if (state) {
        Py_CLEAR(state->list);
        Py_CLEAR(state->type);
    }
    return 0;
}

static void
release(void *module)
{
    clear(module);
    note("freed in %lld", here());
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "again._multi",
    .m_size = sizeof(state_t),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = release,
};

PyMODINIT_FUNC
PyInit__multi(void)
{
    creates++;
    return PyModuleDef_Init(&definition);
}

/* The same file, under another init function: a guard as binding generators have it. */
static long long only = -1;

static int
guarded(PyObject *module)
{
    if (only != -1 && only != here()) {
        PyErr_SetString(PyExc_ImportError,
                        "Interpreter change detected: this module can only be loaded into one interpreter");
        return -1;
    }
    only = here();
    return PyModule_AddObject(module, "place", address_of(&only));
}

static PyModuleDef_Slot guarded_slots[] = {{Py_mod_exec, guarded}, {0, NULL}};
static struct PyModuleDef guarded_definition = {
    PyModuleDef_HEAD_INIT, .m_name = "again._guarded", .m_slots = guarded_slots};

PyMODINIT_FUNC
PyInit__guarded(void)
{
    return PyModuleDef_Init(&guarded_definition);
}

/* A create slot that makes an object which is no module. */
static PyObject *
create(PyObject *spec, PyModuleDef *def)
{
    (void)def;
    PyObject *types = PyImport_ImportModule("types");
    PyObject *namespace = types ? PyObject_CallMethod(types, "SimpleNamespace", NULL) : NULL;
    PyObject *name = PyObject_GetAttrString(spec, "name");
    PyObject *place = address_of(&counter);
    if (namespace == NULL || name == NULL || place == NULL || PyObject_SetAttrString(namespace, "made_for", name) < 0
        || PyObject_SetAttrString(namespace, "place", place) < 0) {
        Py_CLEAR(namespace);
    }
    Py_XDECREF(types);
    Py_XDECREF(name);
    Py_XDECREF(place);
    return namespace;
}

static PyModuleDef_Slot created_slots[] = {{Py_mod_create, create}, {0, NULL}};
static struct PyModuleDef created_definition = {
    PyModuleDef_HEAD_INIT, .m_name = "again._created", .m_slots = created_slots};

PyMODINIT_FUNC
PyInit__created(void)
{
    return PyModuleDef_Init(&created_definition);
}

/* An exec slot that makes a submodule of another definition, as PyO3 does: CPython checks that definition, too. */
static PyModuleDef_Slot inner_slots[] = {{0, NULL}};
static struct PyModuleDef inner_definition = {
    PyModuleDef_HEAD_INIT, .m_slots = inner_slots, .m_name = "again._parent.inner"};

static int
with_submodule(PyObject *module)
{
    PyObject *spec = PyObject_GetAttrString(module, "__spec__");
    PyObject *inner = spec ? PyModule_FromDefAndSpec(&inner_definition, spec) : NULL;
    Py_XDECREF(spec);
    if (inner == NULL || PyModule_ExecDef(inner, &inner_definition) < 0
        || PyModule_AddObject(inner, "place", address_of(&counter)) < 0) {
        return -1;
    }
    return PyModule_AddObject(module, "inner", inner);
}

static PyModuleDef_Slot parent_slots[] = {{Py_mod_exec, with_submodule}, {0, NULL}};
static struct PyModuleDef parent_definition = {
    PyModuleDef_HEAD_INIT, .m_name = "again._parent", .m_slots = parent_slots};

PyMODINIT_FUNC
PyInit__parent(void)
{
    return PyModuleDef_Init(&parent_definition);
}
