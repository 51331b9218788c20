/* What leaves an address of the image with CPython, with the C library or with another library, beyond the life of the
   interpreter. */
#include "planted.h"
#include <signal.h>
#include <syslog.h>
#include <threads.h>
#include <time.h>

static volatile long counter;
COUNTER_METHODS(counter)

static void
noted(const char *what)
{
    counter++;
    note("%s", what);
}

static PyObject *
environment(NO_ARGUMENTS)
{
    static char text[] = "PLANTED_KEPT=1";
    return PyLong_FromLong(putenv(text));
}

static void at_exit(int code PLANTED_UNUSED, void *argument PLANTED_UNUSED) { noted("on_exit"); }

static PyObject *exit_function(NO_ARGUMENTS) { return PyLong_FromLong(on_exit(at_exit, NULL)); }

static void at_quick(void) { noted("at_quick_exit"); }

static PyObject *quick_exit_function(NO_ARGUMENTS) { return PyLong_FromLong(at_quick_exit(at_quick)); }

static void fired(union sigval value PLANTED_UNUSED) { counter++; }

static PyObject *
timer(NO_ARGUMENTS)
{
    timer_t made;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = fired};
    struct itimerspec soon = {{0, 20000000}, {0, 300000000}};
    return PyLong_FromLong(timer_create(CLOCK_MONOTONIC, &event, &made) || timer_settime(made, 0, &soon, NULL));
}

static tss_t thread_key;

static void thread_ended(void *value PLANTED_UNUSED) { noted("tss"); }

static PyObject *
c11_key(NO_ARGUMENTS)
{
    return PyLong_FromLong(tss_create(&thread_key, thread_ended) != thrd_success
                           || tss_set(thread_key, (void *)1) != thrd_success);
}

static PyObject *
stream_buffer(NO_ARGUMENTS)
{
    static char buffer[1 << 16];
    return PyLong_FromLong(setvbuf(stdout, buffer, _IOFBF, sizeof buffer));
}

static PyObject *
log_name(NO_ARGUMENTS)
{
    static char name[] = "planted";
    openlog(name, LOG_PID, LOG_USER);
    return PyLong_FromLong(0);
}

static void handler(int number PLANTED_UNUSED) { counter++; }

/* What signal() is under _XOPEN_SOURCE. */
extern void (*__sysv_signal(int, void (*)(int)))(int);

static PyObject *
system_v_signal(NO_ARGUMENTS)
{
    return PyLong_FromLong(__sysv_signal(SIGUSR2, handler) == SIG_ERR);
}

static int input_hook(void) { counter++; return 0; }

static PyObject *
input(NO_ARGUMENTS)
{
    PyOS_InputHook = input_hook;
    return PyLong_FromLong(0);
}

static PyObjectArenaAllocator allocator_before;

static void *get_arena(void *context PLANTED_UNUSED, size_t size)
{
    counter++;
    return allocator_before.alloc(allocator_before.ctx, size);
}

static void give_arena(void *context PLANTED_UNUSED, void *arena, size_t size)
{
    allocator_before.free(allocator_before.ctx, arena, size);
}

static PyObject *
arenas(NO_ARGUMENTS)
{
    static PyObjectArenaAllocator own = {NULL, get_arena, give_arena};
    PyObject_GetArenaAllocator(&allocator_before);
    if (allocator_before.alloc != get_arena) {
        PyObject_SetArenaAllocator(&own);
    }
    return PyLong_FromLong(0);
}

/* CPython keeps each parser of arguments in a list, which the end of the process goes through. */
static PyObject *
argument_parser(NO_ARGUMENTS)
{
    static const char *const keywords[] = {"number", NULL};
    static struct _PyArg_Parser parser = {.format = "i:parsed", .keywords = keywords};
    int number = 0;
    PyObject *named = Py_BuildValue("{s:i}", "number", 7), *none = PyTuple_New(0);
    int parsed = named && none && _PyArg_ParseTupleAndKeywordsFast(none, named, &parser, &number);
    Py_XDECREF(named);
    Py_XDECREF(none);
    return parsed ? PyLong_FromLong(number - 7) : NULL;
}

static char memory[64];

static PyObject *
memory_view(NO_ARGUMENTS)
{
    PyObject *view = PyMemoryView_FromMemory(memory, sizeof memory, PyBUF_WRITE);
    /* Another interpreter holds it, as one does that got it through a queue. */
    Py_XINCREF(view);
    return view;
}

static PyObject *
short_memory_view(NO_ARGUMENTS)
{
    PyObject *view = PyMemoryView_FromMemory(memory, sizeof memory, PyBUF_READ);
    Py_XDECREF(view);
    return view ? PyLong_FromLong(0) : NULL;
}

static PyMethodDef methods[] = {
    METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHOD(environment, METH_NOARGS),
    METHOD(exit_function, METH_NOARGS), METHOD(quick_exit_function, METH_NOARGS), METHOD(timer, METH_NOARGS),
    METHOD(c11_key, METH_NOARGS), METHOD(stream_buffer, METH_NOARGS), METHOD(log_name, METH_NOARGS),
    METHOD(system_v_signal, METH_NOARGS), METHOD(input, METH_NOARGS), METHOD(arenas, METH_NOARGS),
    METHOD(argument_parser, METH_NOARGS), METHOD(memory_view, METH_NOARGS),
    METHOD(short_memory_view, METH_NOARGS), METHODS_END};

PLANTED_MODULE(_kept, methods, no_exec)
