/* insula-corpus: title: a list in a global that says it needs no GIL
 * insula-corpus: expect: INS002 INS004 INS101 INS502
 * insula-corpus: answers: clean=no
 * insula-corpus: why: threads append to one list that the whole process shares, and no lock guards who replaces it.
 */
#include "corpus.h"

static PyObject *log_entries;

static PyObject *
log_entry(PyObject *Py_UNUSED(module), PyObject *entry)
{
    return PyList_Append(log_entries, entry) < 0 ? NULL : PyLong_FromSsize_t(PyList_GET_SIZE(log_entries));
}

static PyMethodDef methods[] = {
    {"log_entry", log_entry, METH_O, "Append an entry; returns how many there are."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *Py_UNUSED(module))
{
    if (log_entries == NULL) {
        log_entries = PyList_New(0);
    }
    return log_entries == NULL ? -1 : 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins502_shared_list",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins502_shared_list(void)
{
    return PyModuleDef_Init(&definition);
}
