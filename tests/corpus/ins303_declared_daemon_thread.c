/* insula-corpus: title: declares per-interpreter GIL support, cannot start there
 * insula-corpus: expect: INS004 INS303
 * insula-corpus: answers: own-gil=no parallel=not-tried
 * insula-corpus: why: isolated interpreters allow no daemon threads; the slot was copied from another module and never tried.
 */
#include "corpus.h"

static int
exec_module(PyObject *module)
{
    PyObject *threading = PyImport_ImportModule("threading");
    if (threading == NULL) {
        return -1;
    }
    PyObject *make = PyObject_GetAttrString(threading, "Thread");
    Py_DECREF(threading);
    if (make == NULL) {
        return -1;
    }
    PyObject *args = PyTuple_New(0);
    PyObject *options = Py_BuildValue("{sO}", "daemon", Py_True);
    PyObject *watcher = NULL;
    if (args != NULL && options != NULL) {
        watcher = PyObject_Call(make, args, options);
    }
    Py_XDECREF(args);
    Py_XDECREF(options);
    Py_DECREF(make);
    if (watcher == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "watcher", watcher);
    Py_DECREF(watcher);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins303_declared_daemon_thread",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins303_declared_daemon_thread(void)
{
    return PyModuleDef_Init(&definition);
}
