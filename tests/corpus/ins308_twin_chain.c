/* insula-corpus: title: a history in which each entry holds the one before
 * insula-corpus: twin-of: ins308_list_kept ins308_beside_last
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the newest pair takes the place of the one before, and leads to it: all that was told can be read, and nothing is lost.
 */
#include "corpus.h"

static PyObject *
tell(PyObject *module, PyObject *argument)
{
    PyObject *before = PyObject_GetAttrString(module, "history");
    if (before == NULL) {
        return NULL;
    }
    PyObject *pair = PyTuple_Pack(2, argument, before);
    Py_DECREF(before);
    if (pair == NULL || PyObject_SetAttrString(module, "history", pair) < 0) {
        Py_XDECREF(pair);
        return NULL;
    }
    Py_DECREF(pair);
    Py_RETURN_NONE;
}

static int
exec_module(PyObject *module)
{
    return PyModule_AddObjectRef(module, "history", Py_None);
}

static PyMethodDef methods[] = {
    {"tell", tell, METH_O, "Remembers an object."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins308_twin_chain",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins308_twin_chain(void)
{
    return PyModuleDef_Init(&definition);
}
