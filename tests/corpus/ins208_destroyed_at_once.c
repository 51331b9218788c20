/* insula-corpus: title: dealloc uses what only __init__ allocates
 * insula-corpus: expect: INS208
 * insula-corpus: answers: clean=no
 * insula-corpus: why: Holder.__new__(Holder) is enough: whatever method is called of it, it is the end of the instance that crashes.
 */
#include "corpus.h"

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
    char *volatile buffer = ((holder *)self)->buffer;
    buffer[0] = 0;
    PyMem_Free(buffer);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
holder_size(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return PyLong_FromLong(((holder *)self)->buffer != NULL);
}

static PyMethodDef holder_methods[] = {
    {"size", holder_size, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};

static PyType_Slot holder_slots[] = {
    {Py_tp_init, holder_init},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_dealloc, holder_dealloc},
    {Py_tp_methods, holder_methods},
    {0, NULL}};

static PyType_Spec holder_spec = {
    .name = "ins208_destroyed_at_once.Holder",
    .basicsize = sizeof(holder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = holder_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &holder_spec, NULL);
    int failed = type == NULL || PyModule_AddType(module, (PyTypeObject *)type) < 0;
    Py_XDECREF(type);
    return failed ? -1 : 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins208_destroyed_at_once",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins208_destroyed_at_once(void)
{
    return PyModuleDef_Init(&definition);
}
