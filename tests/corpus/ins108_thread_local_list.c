/* insula-corpus: title: a thread-local list, made by the first call
 * insula-corpus: expect: INS108
 * insula-corpus: may: INS305 INS401 INS004
 * insula-corpus: answers: clean=no
 * insula-corpus: why: a thread that serves another interpreter finds the first one's list.
 */
#include "corpus.h"

static _Thread_local PyObject *seen;

static PyObject *
remember(PyObject *Py_UNUSED(module), PyObject *value)
{
    if (seen == NULL) {
        seen = PyList_New(0);
        if (seen == NULL) {
            return NULL;
        }
    }
    if (PyList_Append(seen, value) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"remember", remember, METH_O, "Remember."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins108_thread_local_list",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins108_thread_local_list(void)
{
    return PyModuleDef_Init(&definition);
}
