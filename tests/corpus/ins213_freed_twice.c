/* insula-corpus: title: an __init__ that frees the text of before, and makes no new one
 * insula-corpus: expect: INS213
 * insula-corpus: may: INS208 INS401
 * insula-corpus: answers: clean=no
 * insula-corpus: why: the second call frees the text without another in its place; dealloc frees it once more.
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
    label *this = (label *)self;
    if (this->text != NULL) {
        PyMem_Free(this->text);
        return 0;
    }
    this->text = PyMem_Malloc(strlen(text) + 1);
    if (this->text == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    strcpy(this->text, text);
    return 0;
}

static void
label_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyMem_Free(((label *)self)->text);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot label_slots[] = {
    {Py_tp_dealloc, label_dealloc},
    {Py_tp_init, label_init},
    {Py_tp_new, label_new},
    {0, NULL}};

static PyType_Spec label_spec = {
    .name = "ins213_freed_twice.Label",
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
    .m_name = "ins213_freed_twice",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins213_freed_twice(void)
{
    return PyModuleDef_Init(&definition);
}
