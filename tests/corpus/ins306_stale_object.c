/* insula-corpus: title: a function of the first runtime, called in the second
 * insula-corpus: expect: INS002 INS003 INS101 INS302 INS306 INS501
 * insula-corpus: answers: legacy=no own-gil=no parallel=not-tried restart=no clean=no
 * insula-corpus: why: fetched once, kept for ever: the end of its interpreter empties the namespace that the function needs.
 */
#include "corpus.h"

static PyObject *dumps;

static int
exec_module(PyObject *module)
{
    if (dumps == NULL) {
        PyObject *json = PyImport_ImportModule("json");
        if (json == NULL) {
            return -1;
        }
        dumps = PyObject_GetAttrString(json, "dumps");
        Py_DECREF(json);
        if (dumps == NULL) {
            return -1;
        }
    }
    PyObject *text = PyObject_CallFunction(dumps, "[i]", 1);
    if (text == NULL) {
        return -1;
    }
    int result = PyModule_AddObjectRef(module, "text", text);
    Py_DECREF(text);
    return result;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins306_stale_object",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins306_stale_object(void)
{
    return PyModuleDef_Init(&definition);
}
