/* insula-corpus: title: the last import wins: the type used by a binary operator
 * insula-corpus: expect: INS002 INS003 INS103 INS106 INS305 INS501
 * insula-corpus: may: INS307
 * insula-corpus: answers: legacy=no own-gil=no parallel=no clean=no
 * insula-corpus: why: the operator compares its operands with the last import's type: in the first interpreter Term() + Term() raises TypeError from then on.
 */
#include "corpus.h"

static PyTypeObject *term_type;

static PyObject *
term_add(PyObject *left, PyObject *right)
{
    if (Py_TYPE(left) != term_type || Py_TYPE(right) != term_type) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return term_type->tp_alloc(term_type, 0);
}

static PyType_Slot term_slots[] = {
    {Py_nb_add, term_add},
    {0, NULL}};

static PyType_Spec term_spec = {
    .name = "ins106_last_import_wins.Term",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = term_slots,
};

static int
exec_module(PyObject *module)
{
    term_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &term_spec, NULL);
    if (term_type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, term_type);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins106_last_import_wins",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins106_last_import_wins(void)
{
    return PyModuleDef_Init(&definition);
}
