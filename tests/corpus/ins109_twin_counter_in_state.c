/* insula-corpus: title: the same counter and the same text in the module state
 * insula-corpus: twin-of: ins109_counter ins109_last_text
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: calls change what belongs to the module object only; the globals are tables that nobody writes.
 */
#include "corpus.h"

#include <string.h>

typedef struct {
    long count;
    char last[64];
} state;

/* In writable memory, and constant all the same. */
static long steps[] = {1, 2, 5, 10};

static PyObject *
count(PyObject *module, PyObject *Py_UNUSED(args))
{
    state *st = PyModule_GetState(module);
    st->count += steps[st->count % 4];
    return PyLong_FromLong(st->count);
}

static PyObject *
keep(PyObject *module, PyObject *value)
{
    state *st = PyModule_GetState(module);
    const char *text = PyUnicode_AsUTF8(value);
    if (text == NULL) {
        return NULL;
    }
    strncpy(st->last, text, sizeof(st->last) - 1);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"count", count, METH_NOARGS, "Count."},
    {"keep", keep, METH_O, "Keep the beginning of a text."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins109_twin_counter_in_state",
    .m_size = sizeof(state),
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins109_twin_counter_in_state(void)
{
    return PyModuleDef_Init(&definition);
}
