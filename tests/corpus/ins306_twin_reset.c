/* insula-corpus: title: an exit hook that leaves the library as it was found
 * insula-corpus: twin-of: ins306_exit_hook
 * insula-corpus: expect:
 * insula-corpus: answers:
 * insula-corpus: why: the same hook, but the next runtime starts from the beginning; the flag is native and atomic.
 */
#include "corpus.h"

#include <stdatomic.h>

static atomic_int hooked;

static void
shut_down(void)
{
    atomic_store(&hooked, 0);
}

static int
exec_module(PyObject *Py_UNUSED(module))
{
    if (atomic_exchange(&hooked, 1) == 0) {
        return Py_AtExit(shut_down);
    }
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, exec_module},
    DECLARES_OWN_GIL,
    {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ins306_twin_reset",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_ins306_twin_reset(void)
{
    return PyModuleDef_Init(&definition);
}
