/* insula-corpus: title: an __init__ that exchanges its text for the one of before
 * insula-corpus: twin-of: ins213_native_text ins213_freed_twice
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the old copy is freed once the new one is there, however often that happens.
 */
#include "corpus.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    PyObject_HEAD
    char *text;
} label;

static PyObject *
label_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    return type->tp_alloc(type, 0);
}

static int
label_init(PyObject *self, PyObject *args, PyObject *Py_UNUSED(kwargs))
{
    const char *text;
    if (!PyArg_ParseTuple(args, "s", &text)) {
        return -1;
    }
    char *copy = strdup(text);
    if (copy == NULL) {
        return -1;
    }
    free(((label *)self)->text);
    ((label *)self)->text = copy;
    return 0;
}

static void
label_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    free(((label *)self)->text);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot label_slots[] = {
    {Py_tp_dealloc, label_dealloc},
    {Py_tp_init, label_init},
    {Py_tp_new, label_new},
    {0, NULL}};

static PyType_Spec label_spec = {
    .name = "ins213_twin_exchanged.Label",
    .basicsize = sizeof(label),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = label_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &label_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Label", type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins213_twin_exchanged",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins213_twin_exchanged(void)
{
    return PyModuleDef_Init(&definition);
}
