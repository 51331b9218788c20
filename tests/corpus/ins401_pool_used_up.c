/* insula-corpus: title: a function that does not ask whether there is anything left
 * insula-corpus: expect: INS401
 * insula-corpus: informs: INS109
 * insula-corpus: blamed: INS401 read
 * insula-corpus: answers: clean=no
 * insula-corpus: why: claim() may be called as often as one likes; read() crashes once all is taken.
 */
#include "corpus.h"

#define MOST 12

static int numbers[MOST];
static int taken;

static PyObject *
claim(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    if (taken < MOST) {
        taken++;
    }
    Py_RETURN_NONE;
}

static int *
next_number(void)
{
    return taken < MOST ? &numbers[taken] : NULL;
}

static PyObject *
read_next(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    return PyLong_FromLong(*next_number());
}

static PyMethodDef methods[] = {
    {"claim", claim, METH_VARARGS, "Take the next number, whatever for."},
    {"read", read_next, METH_NOARGS, "The next number."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins401_pool_used_up",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins401_pool_used_up(void)
{
    return PyModuleDef_Init(&definition);
}
