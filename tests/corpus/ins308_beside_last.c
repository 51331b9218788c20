/* insula-corpus: title: a reference that is lost beside an attribute that holds the last result
 * insula-corpus: expect: INS308
 * insula-corpus: answers: clean=no
 * insula-corpus: why: `last` holds one list at a time, and lets go of the one before; the reference of the caller to each is never given back.
 */
#include "corpus.h"

static PyObject *
split(PyObject *module, PyObject *argument)
{
    PyObject *list = PySequence_List(argument);
    if (list == NULL || PyObject_SetAttrString(module, "last", list) < 0) {
        Py_XDECREF(list);
        return NULL;
    }
    /* Py_DECREF(list) is missing. */
    Py_RETURN_NONE;
}

static int
exec_module(PyObject *module)
{
    return PyModule_AddObjectRef(module, "last", Py_None);
}

static PyMethodDef methods[] = {
    {"split", split, METH_O, "Puts the items of a sequence into `last`."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins308_beside_last",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins308_beside_last(void)
{
    return PyModuleDef_Init(&definition);
}
