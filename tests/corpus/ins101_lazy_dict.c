/* insula-corpus: title: a dict in a function's static variable, filled on first use
 * insula-corpus: expect: INS002 INS003 INS101
 * insula-corpus: verdict: L3u
 * insula-corpus: why: empty after import; whoever looks before remember was called sees nothing.
 */
#include "corpus.h"

static PyObject *
remember(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    static PyObject *cache;
    if (cache == NULL) {
        cache = PyDict_New();
        if (cache == NULL) {
            return NULL;
        }
    }
    return PyLong_FromSsize_t(PyDict_Size(cache));
}

static PyMethodDef methods[] = {
    {"remember", remember, METH_NOARGS, "How many keys are known."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *Py_UNUSED(module))
{
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins101_lazy_dict",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins101_lazy_dict(void)
{
    return PyModuleDef_Init(&definition);
}
