/* insula-corpus: title: a function that keeps one dict for the process behind a disguised pointer
 * insula-corpus: expect: INS004 INS110
 * insula-corpus: may: INS207 INS301 INS302 INS303 INS304 INS305 INS306 INS307
 * insula-corpus: answers: legacy=no own-gil=no parallel=no
 * insula-corpus: why: nothing in the module leads to the dict, and no word points at it; only who calls in two interpreters is given the same one.
 */
#include "corpus.h"
#include <stdint.h>

static uintptr_t hidden;

static PyObject *
settings(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    if (hidden == 0) {
        PyObject *made = PyDict_New();
        if (made == NULL) {
            return NULL;
        }
        hidden = (uintptr_t)made ^ UINT64_C(0x5a5a000000000000);
    }
    return Py_NewRef((PyObject *)(hidden ^ UINT64_C(0x5a5a000000000000)));
}

static PyMethodDef methods[] = {
    {"settings", settings, METH_NOARGS, "The settings."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins110_disguised_cache",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins110_disguised_cache(void)
{
    return PyModuleDef_Init(&definition);
}
