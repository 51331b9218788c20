/* insula-corpus: title: the second import fails
 * insula-corpus: expect: INS003 INS301 INS302 INS306 INS501
 * insula-corpus: answers: again=no legacy=no own-gil=no parallel=not-tried restart=no clean=inconclusive
 * insula-corpus: why: no deliberate opt-out: the registration of a name that is taken already fails with an error that says nothing about interpreters.
 */
#include "corpus.h"

static const char *registered[4];

static int
exec_module(PyObject *Py_UNUSED(module))
{
    if (registered[0] != NULL) {
        PyErr_Format(PyExc_RuntimeError, "codec '%s' is registered already", registered[0]);
        return -1;
    }
    registered[0] = "rot13";
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins301_second_import_fails",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins301_second_import_fails(void)
{
    return PyModuleDef_Init(&definition);
}
