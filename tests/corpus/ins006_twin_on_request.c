/* insula-corpus: title: registers a codec search function when it is asked to
 * insula-corpus: twin-of: ins006_codec_search
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: whoever calls it decides.
 */
#include "corpus.h"

static PyObject *
search(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(name))
{
    Py_RETURN_NONE;
}

static PyMethodDef search_method = {"search", search, METH_O, "Knows no codec."};

static int
register_search(PyObject *module)
{
    PyObject *function = PyCFunction_New(&search_method, module);
    if (function == NULL) {
        return -1;
    }
    int result = PyCodec_Register(function);
    Py_DECREF(function);
    return result;
}

static PyObject *
install(PyObject *module, PyObject *Py_UNUSED(args))
{
    if (register_search(module) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"install", install, METH_NOARGS, "Register."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins006_twin_on_request",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins006_twin_on_request(void)
{
    return PyModuleDef_Init(&definition);
}
