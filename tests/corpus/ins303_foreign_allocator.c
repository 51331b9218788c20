/* insula-corpus: title: a buffer from Python's allocator in a global, replaced by every import
 * insula-corpus: expect: INS004 INS303
 * insula-corpus: may: INS304 INS306
 * insula-corpus: answers: own-gil=no parallel=not-tried
 * insula-corpus: why: an interpreter with a GIL of its own has an allocator of its own, which cannot free what another one's gave.
 */
#include "corpus.h"

#include <string.h>

static char *scratch;

static int
exec_module(PyObject *Py_UNUSED(module))
{
    char *fresh = PyMem_Malloc(64);
    if (fresh == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memset(fresh, 0, 64);
    PyMem_Free(scratch);
    scratch = fresh;
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins303_foreign_allocator",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins303_foreign_allocator(void)
{
    return PyModuleDef_Init(&definition);
}
