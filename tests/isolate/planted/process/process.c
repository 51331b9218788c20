/* Extensions whose import reaches the process. KIND: 1 PyOS_setsig, 2 sigaction, 3 fork, 4 Py_Initialize. */
#include "planted.h"
#include <signal.h>
#include <sys/wait.h>

static volatile long counter;
COUNTER_METHODS(counter)

#if KIND <= 2
static void
handler(int number)
{
    (void)number;
    counter++;
}
#endif

static int
execute(PyObject *module)
{
    long result = 0;
#if KIND == 1
    result = PyOS_setsig(SIGUSR2, handler) == SIG_ERR;
#elif KIND == 2
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    result = sigaction(SIGUSR2, &action, NULL);
#elif KIND == 3
    pid_t child = fork();
    int status = 0;
    if (child == 0) {
        _exit(7);
    }
    waitpid(child, &status, 0);
    result = WEXITSTATUS(status);
#else
    Py_Initialize();
    Py_InitializeEx(0);
    result = Py_IsInitialized();
#endif
    return PyModule_AddIntConstant(module, "result", result);
}

static PyMethodDef methods[] = {METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHODS_END};

#if KIND == 1
PLANTED_MODULE(_setsig, methods, execute)
#elif KIND == 2
PLANTED_MODULE(_sigaction, methods, execute)
#elif KIND == 3
PLANTED_MODULE(_fork, methods, execute)
#else
PLANTED_MODULE(_initialize, methods, execute)
#endif
