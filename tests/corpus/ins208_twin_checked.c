/* insula-corpus: title: the same method, which checks
 * insula-corpus: twin-of: ins208_init_skipped
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: an instance without __init__ is empty, and says so.
 */
#include "corpus.h"
#include <structmember.h>
#include <stddef.h>

typedef struct {
    PyObject_HEAD
    char *buffer;
} holder;

static int
holder_init(PyObject *self, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    char *fresh = PyMem_Calloc(1, 16);
    if (fresh == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    PyMem_Free(((holder *)self)->buffer);
    ((holder *)self)->buffer = fresh;
    return 0;
}

static void
holder_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyMem_Free(((holder *)self)->buffer);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
holder_size(PyObject *self, PyObject *Py_UNUSED(args))
{
    char volatile *buffer = ((holder *)self)->buffer;
    if (buffer == NULL) {
        return PyLong_FromLong(0);
    }
    return PyLong_FromLong(buffer[0]);
}

static PyMethodDef holder_methods[] = {
    {"size", holder_size, METH_NOARGS, "How much there is."},
    {NULL, NULL, 0, NULL}};

static PyType_Slot holder_slots[] = {
    {Py_tp_dealloc, holder_dealloc},
    {Py_tp_init, holder_init},
    {Py_tp_methods, holder_methods},
    {0, NULL}};

static PyType_Spec holder_spec = {
    .name = "ins208_twin_checked.Holder",
    .basicsize = sizeof(holder),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = holder_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &holder_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Holder", type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins208_twin_checked",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins208_twin_checked(void)
{
    return PyModuleDef_Init(&definition);
}
