/* insula-corpus: title: a destructor that insists on a function nobody calls
 * insula-corpus: expect: INS309
 * insula-corpus: answers: exit=no
 * insula-corpus: why: an import opens the library, and there is no way to close it; its destructor takes that for a bug and aborts.
 */
#include "corpus.h"

#include <stdlib.h>

static volatile int opened;

static void __attribute__((destructor))
check_closed(void)
{
    if (opened) {
        abort();
    }
}

static int
exec_module(PyObject *Py_UNUSED(module))
{
    opened = 1;
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins309_never_closed",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins309_never_closed(void)
{
    return PyModuleDef_Init(&definition);
}
