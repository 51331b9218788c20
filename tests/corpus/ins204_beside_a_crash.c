/* insula-corpus: title: traverse visits one of two members, and a function and a method beside it crash
 * insula-corpus: expect: INS204 INS208 INS401
 * insula-corpus: answers: clean=no
 * insula-corpus: why: what the crash takes along must not be what shows the member.
 */
#include "corpus.h"
#include <structmember.h>
#include <stddef.h>
#include <string.h>

typedef struct {
    PyObject_HEAD
    PyObject *value;
    PyObject *other;
} holder;

static int
holder_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((holder *)self)->value);
    return 0;
}

static int
holder_clear(PyObject *self)
{
    Py_CLEAR(((holder *)self)->value);
    return 0;
}

static void
holder_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_CLEAR(((holder *)self)->value);
    Py_CLEAR(((holder *)self)->other);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
size(PyObject *self, PyObject *text)
{
    const char *letters = PyUnicode_AsUTF8(text); /* NULL for what is no str */
    (void)self;
    return PyLong_FromSize_t(strlen(letters));
}

static PyMethodDef functions[] = {{"size", size, METH_O, "The length of a text."}, {NULL, NULL, 0, NULL}};

static PyMemberDef holder_members[] = {
    {"value", T_OBJECT_EX, offsetof(holder, value), 0, "Anything."},
    {"other", T_OBJECT_EX, offsetof(holder, other), 0, "Anything else."},
    {NULL, 0, 0, 0, NULL}};

static PyType_Slot holder_slots[] = {
    {Py_tp_traverse, holder_traverse},
    {Py_tp_clear, holder_clear},
    {Py_tp_dealloc, holder_dealloc},
    {Py_tp_members, holder_members},
    {Py_tp_methods, functions},
    {0, NULL}};

static PyType_Spec holder_spec = {
    .name = "ins204_beside_a_crash.Holder",
    .basicsize = sizeof(holder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
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
    .m_name = "ins204_beside_a_crash",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins204_beside_a_crash(void)
{
    return PyModuleDef_Init(&definition);
}
