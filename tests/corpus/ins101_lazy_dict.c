/* insula-corpus: title: a dict in a function's static variable, filled on first use
 * insula-corpus: expect: INS002 INS003 INS101 INS501
 * insula-corpus: answers: own-gil=undeclared clean=no
 * insula-corpus: why: empty after import; whoever looks before the first Tag was made sees nothing.
 */
#include "corpus.h"

static PyObject *
tag_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    static PyObject *cache;
    if (cache == NULL) {
        cache = PyDict_New();
        if (cache == NULL) {
            return NULL;
        }
    }
    if (PyDict_SetItemString(cache, "made", Py_True) < 0) {
        return NULL;
    }
    return type->tp_alloc(type, 0);
}

static PyType_Slot tag_slots[] = {
    {Py_tp_new, tag_new},
    {0, NULL}};

static PyType_Spec tag_spec = {
    .name = "ins101_lazy_dict.Tag",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = tag_slots,
};

static int
exec_module(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &tag_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins101_lazy_dict",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins101_lazy_dict(void)
{
    return PyModuleDef_Init(&definition);
}
