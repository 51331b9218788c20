/* What all modules of the corpus share: Python.h, and the slots as far as the version has them. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* "Every interpreter may load me, also one with a GIL of its own." */
#if PY_VERSION_HEX >= 0x030D0000
#define DECLARES_OWN_GIL                                                       \
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},      \
    {Py_mod_gil, Py_MOD_GIL_NOT_USED}
#elif PY_VERSION_HEX >= 0x030C0000
#define DECLARES_OWN_GIL                                                       \
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED}
#else
/* No such slot before 3.12: repeat the harmless end of the list. */
#define DECLARES_OWN_GIL {0, NULL}
#endif

/* "Only the main interpreter may load me." */
#if PY_VERSION_HEX >= 0x030C0000
#define DECLARES_MAIN_ONLY                                                     \
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED}
#else
#define DECLARES_MAIN_ONLY {0, NULL}
#endif
