/* insula-corpus: title: a computation that takes its time, and comes to an end
 * insula-corpus: twin-of: ins403_endless ins403_wrapped_size
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the work grows with the length of the text, and is asked for by whoever passes a long one.
 */
#include "corpus.h"

/* As key stretching does: so many rounds for each character. */
static PyObject *
stretch(PyObject *Py_UNUSED(module), PyObject *value)
{
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(value, &size);
    if (text == NULL) {
        return NULL;
    }
    unsigned long key = 5381;
    for (Py_ssize_t i = 0; i < size; i++) {
        for (unsigned long volatile round = 0; round < 200000; round++) {
            key = key * 33 + (unsigned char)text[i];
        }
    }
    return PyLong_FromUnsignedLong(key);
}

static PyMethodDef methods[] = {
    {"stretch", stretch, METH_O, "A key from a text."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins403_twin_slow",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins403_twin_slow(void)
{
    return PyModuleDef_Init(&definition);
}
