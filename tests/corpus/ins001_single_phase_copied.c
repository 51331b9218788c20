/* insula-corpus: title: single-phase initialisation without re-initialisation (m_size -1)
 * insula-corpus: expect: INS001 INS107 INS301 INS501
 * insula-corpus: answers: again=no legacy=no own-gil=no parallel=no clean=no
 * insula-corpus: why: with m_size -1 CPython runs PyInit once and copies the first module's dict into every later one: a second import returns the old type.
 */
#include "corpus.h"

static PyType_Slot thing_slots[] = {
    {Py_tp_doc, "A thing."},
    {0, NULL}};

static PyType_Spec thing_spec = {
    .name = "ins001_single_phase_copied.Thing",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = thing_slots,
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins001_single_phase_copied",
    .m_size = -1,
};

PyMODINIT_FUNC
PyInit_ins001_single_phase_copied(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL) {
        return NULL;
    }
    PyObject *thing = PyType_FromSpec(&thing_spec);
    if (thing == NULL || PyModule_AddType(module, (PyTypeObject *)thing) < 0) {
        Py_XDECREF(thing);
        Py_DECREF(module);
        return NULL;
    }
    Py_DECREF(thing);
    return module;
}
