/* insula-corpus: title: each call hands a block to a thread, which frees it a little later
 * insula-corpus: twin-of: ins308_list_kept ins308_error_path
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: what the threads hold while they last is not lost, though it grows from call to call.
 */
#include "corpus.h"
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void *
hold(void *block)
{
    usleep(50000);
    free(block);
    return NULL;
}

static PyObject *
later(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    pthread_t thread;
    void *block = malloc(4000);
    if (block == NULL) {
        return PyErr_NoMemory();
    }
    if (pthread_create(&thread, NULL, hold, block) != 0) {
        free(block);
        PyErr_SetString(PyExc_RuntimeError, "no thread could be started");
        return NULL;
    }
    pthread_detach(thread);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"later", later, METH_NOARGS, "Frees a block, later."},
    {NULL, NULL, 0, NULL}};

static PyModuleDef_Slot slots[] = {
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins308_twin_thread",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins308_twin_thread(void)
{
    return PyModuleDef_Init(&definition);
}
