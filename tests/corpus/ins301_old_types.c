/* insula-corpus: title: the second import returns the old types
 * insula-corpus: expect: INS002 INS003 INS103 INS107 INS301 INS501
 * insula-corpus: answers: again=no legacy=no own-gil=no parallel=no clean=no
 * insula-corpus: why: a new module object around the first import's type, in all interpreters; no exception tells.
 */
#include "corpus.h"

static PyObject *thing_type;

static PyType_Slot thing_slots[] = {
    {Py_tp_doc, "A thing."},
    {0, NULL}};

static PyType_Spec thing_spec = {
    .name = "ins301_old_types.Thing",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = thing_slots,
};

static int
exec_module(PyObject *module)
{
    if (thing_type == NULL) {
        thing_type = PyType_FromSpec(&thing_spec);
        if (thing_type == NULL) {
            return -1;
        }
    }
    return PyModule_AddType(module, (PyTypeObject *)thing_type);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins301_old_types",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins301_old_types(void)
{
    return PyModuleDef_Init(&definition);
}
