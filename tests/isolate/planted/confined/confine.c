/* Takes system calls away from the process, as containers do. Loaded by the main interpreter. */
#include "planted.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* deny(number, errno): the system call fails from now on, in all threads of the process. */
static PyObject *
deny(MANY_ARGUMENTS)
{
    int number, error;
    if (!PyArg_ParseTuple(arguments, "ii", &number, &error)) {
        return NULL;
    }
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {4, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

static PyObject *memfd(NO_ARGUMENTS) { return PyLong_FromLong(SYS_memfd_create); }
static long counter;
COUNTER_METHODS(counter)
static PyMethodDef methods[] = {
    METHOD(deny, METH_VARARGS), METHOD(memfd, METH_NOARGS), METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS),
    METHODS_END};

#ifdef WORK
PLANTED_MODULE(_work, methods, no_exec)
#else
PLANTED_MODULE(_confine, methods, no_exec)
#endif
