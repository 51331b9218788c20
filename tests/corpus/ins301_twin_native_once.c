/* insula-corpus: title: the library is initialised once per process, the module on every import
 * insula-corpus: twin-of: ins301_half_empty ins301_same_module ins301_old_types ins301_second_import_fails ins301_second_import_crashes
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: what is done once is native; names and types are made for each module object.
 */
#include "corpus.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static unsigned char squares[256];

static void
fill(void)
{
    for (int i = 0; i < 256; i++) {
        squares[i] = (unsigned char)(i * i);
    }
}

static PyObject *
square(PyObject *Py_UNUSED(module), PyObject *value)
{
    long number = PyLong_AsLong(value);
    if (number == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyLong_FromLong(squares[number & 255]);
}

static PyMethodDef methods[] = {
    {"square", square, METH_O, "The square of a byte, as a byte."},
    {NULL, NULL, 0, NULL}};

static int
exec_module(PyObject *module)
{
    pthread_once(&once, fill);
    PyObject *error = PyErr_NewException("ins301_twin_native_once.Error", NULL, NULL);
    if (error == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "Error", error);
    Py_DECREF(error);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins301_twin_native_once",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins301_twin_native_once(void)
{
    return PyModuleDef_Init(&definition);
}
