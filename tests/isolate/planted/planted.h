/* What all planted packages share, and none is about. */
#ifndef PLANTED_H
#define PLANTED_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __cplusplus
#define PLANTED_C extern "C"
#else
#define PLANTED_C
#endif
#define PLANTED_UNUSED __attribute__((unused))

/* The id of the interpreter that the calling thread is attached to. */
PLANTED_UNUSED static long long
here(void)
{
    return (long long)PyInterpreterState_GetID(PyInterpreterState_Get());
}

PLANTED_UNUSED static PyObject *
address_of(const volatile void *place)
{
    return PyLong_FromVoidPtr((void *)place);
}

/* Adds a line to the file that the test reads when the process has ended. Needs no interpreter. */
PLANTED_UNUSED static void
note(const char *format, ...)
{
    char line[256];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(line, sizeof line - 1, format, values);
    va_end(values);
    const char *path = getenv("PLANTED_LOG");
    int file = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (file >= 0 && length > 0) {
        line[length] = '\n';
        if (write(file, line, (size_t)length + 1) < 0) {
            abort();
        }
        close(file);
    }
}

PLANTED_UNUSED static int
no_exec(PyObject *module)
{
    (void)module;
    return 0;
}

/* A multi-phase module without state that declares nothing about interpreters. */
#define PLANTED_MODULE(NAME, METHODS, EXEC)                                    \
    static PyModuleDef_Slot planted_slots[] = {                                \
        {Py_mod_exec, (void *)EXEC}, {0, NULL}};                               \
    static struct PyModuleDef planted_definition = {                           \
        PyModuleDef_HEAD_INIT, #NAME, NULL, 0, METHODS, planted_slots, NULL, NULL, NULL}; \
    PyMODINIT_FUNC PyInit_##NAME(void)                                         \
    {                                                                          \
        return PyModuleDef_Init(&planted_definition);                          \
    }

#define NO_ARGUMENTS PyObject *module PLANTED_UNUSED, PyObject *arguments PLANTED_UNUSED
#define ONE_ARGUMENT PyObject *module PLANTED_UNUSED, PyObject *argument
#define MANY_ARGUMENTS PyObject *module PLANTED_UNUSED, PyObject *arguments
#define METHOD(NAME, FLAGS) {#NAME, (PyCFunction)NAME, FLAGS, NULL}
#define METHODS_END {NULL, NULL, 0, NULL}

/* Functions of a counter in a static variable: each call of `count` adds one; `place` is where it is. */
#define COUNTER_METHODS(VARIABLE)                                              \
    static PyObject *count(NO_ARGUMENTS) { return PyLong_FromLong((long)++(VARIABLE)); } \
    static PyObject *place(NO_ARGUMENTS) { return address_of(&(VARIABLE)); }
#endif
