/* insula-corpus: title: the second import crashes
 * insula-corpus: expect: INS003 INS301 INS302 INS306 INS501
 * insula-corpus: answers: again=no legacy=no own-gil=no parallel=not-tried restart=no clean=inconclusive
 * insula-corpus: why: a native table that was handed over by the first import is gone, and used again without a check.
 */
#include "corpus.h"

static int *table;
static int imports;

static int
exec_module(PyObject *module)
{
    if (imports++ == 0) {
        table = calloc(16, sizeof(*table));
    }
    int *mine = table;
    table = NULL;
    /* From the second import on, mine is NULL. */
    volatile int *first = mine;
    *first = 1;
    free(mine);
    return PyModule_AddIntConstant(module, "imports", imports);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins301_second_import_crashes",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins301_second_import_crashes(void)
{
    return PyModuleDef_Init(&definition);
}
