/* insula-corpus: title: a heap type in a global, used to make instances
 * insula-corpus: expect: INS002 INS003 INS103 INS106 INS305 INS501
 * insula-corpus: may: INS307
 * insula-corpus: answers: legacy=no own-gil=no parallel=no clean=no
 * insula-corpus: why: make returns instances of the last import's type: in the first interpreter isinstance(make(), Thing) turns false.
 */
#include "corpus.h"

static PyTypeObject *thing_type;

static PyType_Slot thing_slots[] = {
    {Py_tp_doc, "A thing."},
    {0, NULL}};

static PyType_Spec thing_spec = {
    .name = "ins103_global_heap_type.Thing",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = thing_slots,
};

static PyObject *
make(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    return thing_type->tp_alloc(thing_type, 0);
}

static PyMethodDef methods[] = {
    {"make", make, METH_NOARGS, "A new thing."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *module)
{
    thing_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &thing_spec, NULL);
    if (thing_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, thing_type);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins103_global_heap_type",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins103_global_heap_type(void)
{
    return PyModuleDef_Init(&definition);
}
