/* insula-corpus: title: an atomic counter and a once-flag in globals
 * insula-corpus: twin-of: ins502_shared_list ins502_shared_cache
 * insula-corpus: expect:
 * insula-corpus: informs: INS109 INS502
 * insula-corpus: answers:
 * insula-corpus: why: native words that threads may change at the same time; no object is shared.
 */
#include "corpus.h"
#include <stdatomic.h>

static atomic_long calls;
static atomic_flag greeted = ATOMIC_FLAG_INIT;

static PyObject *
count(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    if (!atomic_flag_test_and_set(&greeted)) {
        return PyUnicode_FromString("the first one");
    }
    return PyLong_FromLong(atomic_fetch_add(&calls, 1));
}

static PyMethodDef methods[] = {
    {"count", count, METH_NOARGS, "Count."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins502_twin_atomic",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins502_twin_atomic(void)
{
    return PyModuleDef_Init(&definition);
}
