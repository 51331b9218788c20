/* insula-corpus: title: crashes in the second interpreter
 * insula-corpus: expect: INS003 INS302 INS501
 * insula-corpus: answers: legacy=no own-gil=no parallel=not-tried
 * insula-corpus: why: a native table keyed by interpreter has room for one, and nobody checks what the look-up returns.
 */
#include "corpus.h"

struct entry {
    PyInterpreterState *interpreter;
    long imports;
};

static struct entry table[1];

static struct entry *
find(PyInterpreterState *interpreter)
{
    if (table[0].interpreter == NULL) {
        table[0].interpreter = interpreter;
    }
    return table[0].interpreter == interpreter ? &table[0] : NULL;
}

static int
exec_module(PyObject *module)
{
    volatile struct entry *entry = find(PyInterpreterState_Get());
    entry->imports++;
    return PyModule_AddIntConstant(module, "imports", entry->imports);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins302_crashes_beside_main",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins302_crashes_beside_main(void)
{
    return PyModuleDef_Init(&definition);
}
