/* insula-corpus: title: the slot is added when the module is loaded, if this CPython has it
 * insula-corpus: twin-of: ins003_slot_missing
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: one file for several versions, as binding generators make it; what counts is what the definition says when it is used.
 */
#include "corpus.h"

#include <pthread.h>
#include <string.h>

static PyObject *
version(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    return PyLong_FromUnsignedLong(Py_Version);
}

static PyMethodDef methods[] = {
    {"version", version, METH_NOARGS, "The version that runs."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[3];

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins003_twin_chosen_at_run_time",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
choose_slots(void)
{
    const PyModuleDef_Slot wanted[] = {DECLARES_OWN_GIL, {0, NULL}};
    if (Py_Version >= 0x030C0000) {
        memcpy(slots, wanted, sizeof(wanted));
    }
}

PyMODINIT_FUNC
PyInit_ins003_twin_chosen_at_run_time(void)
{
    pthread_once(&once, choose_slots);
    return PyModuleDef_Init(&definition);
}
