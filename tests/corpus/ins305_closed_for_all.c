/* insula-corpus: title: each module object closes the library when it goes, as if nobody else used it
 * insula-corpus: expect: INS004 INS305
 * insula-corpus: answers: legacy=no own-gil=no parallel=no
 * insula-corpus: why: no Python object is shared, but when one interpreter ends, the others' calls fail.
 */
#include "corpus.h"

#include <stdatomic.h>

static atomic_int is_open;

static int
exec_module(PyObject *Py_UNUSED(module))
{
    is_open = 1;
    return 0;
}

static void
free_module(void *Py_UNUSED(module))
{
    is_open = 0;
}

static PyObject *
size(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    if (!is_open) {
        PyErr_SetString(PyExc_RuntimeError, "the library was closed");
        return NULL;
    }
    return PyLong_FromLong(80);
}

static PyMethodDef methods[] = {
    {"size", size, METH_NOARGS, "The library's size."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins305_closed_for_all",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
    .m_free = free_module,
};

PyMODINIT_FUNC
PyInit_ins305_closed_for_all(void)
{
    return PyModuleDef_Init(&definition);
}
