/* insula-corpus: title: import registers a codec search function
 * insula-corpus: expect: INS006
 * insula-corpus: may: INS207 INS307
 * insula-corpus: answers: clean=no
 * insula-corpus: why: every interpreter that imports it looks up codecs in another way.
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
nothing(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"nothing", nothing, METH_NOARGS, "Nothing."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *module)
{
    return register_search(module);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins006_codec_search",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins006_codec_search(void)
{
    return PyModuleDef_Init(&definition);
}
