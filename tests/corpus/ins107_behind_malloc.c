/* insula-corpus: title: a list behind native heap memory, shared by all interpreters
 * insula-corpus: expect: INS003 INS105 INS107 INS501
 * insula-corpus: answers: legacy=no own-gil=no parallel=no clean=no
 * insula-corpus: why: the global points at a malloc'ed block, the block at the list: a flat scan of globals sees nothing.
 */
#include "corpus.h"

struct hidden {
    int version;
    double weights[4];
    PyObject *subscribers;
};

static struct hidden *hidden;

static int
exec_module(PyObject *module)
{
    if (hidden == NULL) {
        hidden = calloc(1, sizeof(*hidden));
        if (hidden == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        hidden->version = 7;
        hidden->subscribers = PyList_New(0);
        if (hidden->subscribers == NULL) {
            return -1;
        }
    }
    return PyModule_AddObjectRef(module, "subscribers", hidden->subscribers);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins107_behind_malloc",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins107_behind_malloc(void)
{
    return PyModuleDef_Init(&definition);
}
