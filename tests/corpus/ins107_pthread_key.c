/* insula-corpus: title: a list behind a pthread key, shared by all interpreters of the thread
 * insula-corpus: expect: INS003 INS107 INS501
 * insula-corpus: answers: legacy=no own-gil=no parallel=no
 * insula-corpus: why: thread-specific is not interpreter-specific: one thread runs many interpreters. No global points at the list.
 */
#include "corpus.h"

#include <pthread.h>

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
make_key(void)
{
    pthread_key_create(&key, NULL);
}

static int
exec_module(PyObject *module)
{
    pthread_once(&once, make_key);
    PyObject *handlers = pthread_getspecific(key);
    if (handlers == NULL) {
        handlers = PyList_New(0);
        if (handlers == NULL) {
            return -1;
        }
        pthread_setspecific(key, handlers);
    }
    return PyModule_AddObjectRef(module, "handlers", handlers);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins107_pthread_key",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins107_pthread_key(void)
{
    return PyModuleDef_Init(&definition);
}
