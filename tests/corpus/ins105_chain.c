/* insula-corpus: title: objects in a chain of malloc'ed nodes behind a global
 * insula-corpus: expect: INS004 INS105 INS502
 * insula-corpus: may: INS308 INS107 INS305 INS401 INS307 INS306 INS302 INS303 INS304 INS301
 * insula-corpus: answers: clean=no
 * insula-corpus: why: the chain is the whole process's; the objects are one interpreter's.
 */
#include "corpus.h"
#include <stdlib.h>

typedef struct node {
    struct node *next;
    PyObject *value;
} node;

static node *chain;

static PyObject *
push(PyObject *Py_UNUSED(module), PyObject *value)
{
    node *fresh = malloc(sizeof(node));
    if (fresh == NULL) {
        return PyErr_NoMemory();
    }
    fresh->next = chain;
    fresh->value = Py_NewRef(value);
    chain = fresh;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"push", push, METH_O, "Keep a value."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins105_chain",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins105_chain(void)
{
    return PyModuleDef_Init(&definition);
}
