/* insula-corpus: title: a list in a global, made anew by every import
 * insula-corpus: expect: INS002 INS003 INS101 INS106 INS501
 * insula-corpus: answers: legacy=no own-gil=no parallel=no clean=no
 * insula-corpus: why: log appends to whichever list the last import left behind; the first interpreter writes into another one's heap.
 */
#include "corpus.h"

static PyObject *entries;

static PyObject *
log_entry(PyObject *Py_UNUSED(module), PyObject *entry)
{
    if (PyList_Append(entries, entry) < 0) {
        return NULL;
    }
    return PyLong_FromSsize_t(PyList_GET_SIZE(entries));
}

static PyMethodDef methods[] = {
    {"log_entry", log_entry, METH_O, "Append an entry; returns how many there are."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *Py_UNUSED(module))
{
    entries = PyList_New(0);
    return entries == NULL ? -1 : 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins101_global_list",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins101_global_list(void)
{
    return PyModuleDef_Init(&definition);
}
