/* insula-corpus: title: a function that keeps what it is given, in a list that its caller can empty
 * insula-corpus: twin-of: ins308_list_kept ins308_error_path
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: what grows is a list that the module shows, as registries do; nothing is lost.
 */
#include "corpus.h"

static PyObject *
keep(PyObject *module, PyObject *argument)
{
    PyObject *kept = PyObject_GetAttrString(module, "kept");
    if (kept == NULL) {
        return NULL;
    }
    int result = PyList_Append(kept, argument);
    Py_DECREF(kept);
    if (result < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static int
exec_module(PyObject *module)
{
    PyObject *kept = PyList_New(0);
    int result = PyModule_AddObjectRef(module, "kept", kept);
    Py_XDECREF(kept);
    return result;
}

static PyMethodDef methods[] = {
    {"keep", keep, METH_O, "Keeps an object."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins308_twin_registry",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins308_twin_registry(void)
{
    return PyModuleDef_Init(&definition);
}
