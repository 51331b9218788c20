// insula-corpus: title: C++ with the C-API alone: a class and a cache in std::vector, behind the module state
// insula-corpus: built-with: c++
// insula-corpus: twin-of: pybind11_registry nanobind_class
// insula-corpus: expect:
// insula-corpus: answers:
// insula-corpus: why: the same containers in native heap memory, but each module object has its own, and tells the collector of them.
#include "../corpus.h"

#include <new>
#include <vector>

namespace {

struct State {
    PyObject *point_type = nullptr;
    // Python's objects in native heap memory, one for each key.
    std::vector<PyObject *> *cache = nullptr;
};

struct Point {
    PyObject_HEAD
    PyObject *x;
};

State *state_of(PyObject *module) { return static_cast<State *>(PyModule_GetState(module)); }

int point_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(reinterpret_cast<Point *>(self)->x);
    return 0;
}

int point_clear(PyObject *self) {
    Py_CLEAR(reinterpret_cast<Point *>(self)->x);
    return 0;
}

void point_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    point_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

PyObject *point_new(PyTypeObject *type, PyObject *args, PyObject *) {
    PyObject *x = Py_None;
    if (!PyArg_ParseTuple(args, "|O", &x)) {
        return nullptr;
    }
    PyObject *self = type->tp_alloc(type, 0);
    if (self != nullptr) {
        reinterpret_cast<Point *>(self)->x = Py_NewRef(x);
    }
    return self;
}

PyType_Slot point_slots[] = {
    {Py_tp_new, reinterpret_cast<void *>(point_new)},
    {Py_tp_traverse, reinterpret_cast<void *>(point_traverse)},
    {Py_tp_clear, reinterpret_cast<void *>(point_clear)},
    {Py_tp_dealloc, reinterpret_cast<void *>(point_dealloc)},
    {0, nullptr}};

PyType_Spec point_spec = {"cpp_twin_raii.Point", sizeof(Point), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE, point_slots};

PyObject *remember(PyObject *module, PyObject *value) {
    std::vector<PyObject *> &cache = *state_of(module)->cache;
    try {
        cache.push_back(value);
    } catch (const std::bad_alloc &) {
        return PyErr_NoMemory();
    }
    Py_INCREF(value);
    return PyLong_FromSize_t(cache.size());
}

PyMethodDef methods[] = {{"remember", remember, METH_O, "Remember a value; returns how many there are."},
                         {nullptr, nullptr, 0, nullptr}};

int exec_module(PyObject *module) {
    State *state = state_of(module);
    state->cache = new (std::nothrow) std::vector<PyObject *>();
    if (state->cache == nullptr) {
        PyErr_NoMemory();
        return -1;
    }
    state->point_type = PyType_FromModuleAndSpec(module, &point_spec, nullptr);
    if (state->point_type == nullptr) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "Point", state->point_type);
}

int traverse_module(PyObject *module, visitproc visit, void *arg) {
    State *state = state_of(module);
    Py_VISIT(state->point_type);
    if (state->cache != nullptr) {
        for (PyObject *value : *state->cache) {
            Py_VISIT(value);
        }
    }
    return 0;
}

int clear_module(PyObject *module) {
    State *state = state_of(module);
    Py_CLEAR(state->point_type);
    if (state->cache != nullptr) {
        std::vector<PyObject *> old;
        old.swap(*state->cache);
        for (PyObject *value : old) {
            Py_DECREF(value);
        }
    }
    return 0;
}

void free_module(void *self) {
    auto *module = static_cast<PyObject *>(self);
    clear_module(module);
    delete state_of(module)->cache;
    state_of(module)->cache = nullptr;
}

PyModuleDef_Slot slots[] = {{Py_mod_exec, reinterpret_cast<void *>(exec_module)}, DECLARES_OWN_GIL, {0, nullptr}};

PyModuleDef definition = {PyModuleDef_HEAD_INIT, "cpp_twin_raii", nullptr, sizeof(State), methods, slots,
                          traverse_module, clear_module, free_module};

} // namespace

PyMODINIT_FUNC PyInit_cpp_twin_raii() { return PyModuleDef_Init(&definition); }
