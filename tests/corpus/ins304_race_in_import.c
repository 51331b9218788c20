/* insula-corpus: title: an unguarded native table, written during import
 * insula-corpus: expect: INS004 INS304
 * insula-corpus: answers: parallel=no
 * insula-corpus: why: under one GIL no two imports are ever inside; with own GILs they are, and the table's invariant breaks. The pause makes the race certain.
 */
#include "corpus.h"

#include <unistd.h>

/* Each import writes a row, until the table is full. */
#define ROWS 8
static volatile int used;
static volatile int inside;

static int
exec_module(PyObject *Py_UNUSED(module))
{
    if (used == ROWS) {
        return 0;
    }
    inside = inside + 1;
    for (int i = 0; i < 20; i++) {
        usleep(10 * 1000);
        if (inside != 1) {
            /* A real table would be corrupted by now. */
            abort();
        }
    }
    used = used + 1;
    inside = inside - 1;
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins304_race_in_import",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins304_race_in_import(void)
{
    return PyModuleDef_Init(&definition);
}
