/* insula-corpus: title: a disguised pointer in a global
 * insula-corpus: expect: INS003 INS107 INS301 INS501
 * insula-corpus: answers: again=no legacy=no own-gil=no parallel=no clean=inconclusive
 * insula-corpus: why: no word of the process points at the type, yet all interpreters get the same one; only identity tells.
 */
#include "corpus.h"

#include <stdint.h>

#define DISGUISE ((uintptr_t)0x5555555555555555)

static uintptr_t disguised;

static PyType_Slot thing_slots[] = {
    {Py_tp_doc, "A thing."},
    {0, NULL}};

static PyType_Spec thing_spec = {
    .name = "ins107_disguised_pointer.Thing",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = thing_slots,
};

static int
exec_module(PyObject *module)
{
    if (disguised == 0) {
        PyObject *type = PyType_FromSpec(&thing_spec);
        if (type == NULL) {
            return -1;
        }
        disguised = (uintptr_t)type ^ DISGUISE;
    }
    return PyModule_AddType(module, (PyTypeObject *)(disguised ^ DISGUISE));
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins107_disguised_pointer",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins107_disguised_pointer(void)
{
    return PyModuleDef_Init(&definition);
}
