/* Native threads that attach by PyGILState_Ensure, in all the ways in which that is done. */
#include "planted.h"
#include <dlfcn.h>
#include <pthread.h>

typedef PyGILState_STATE (*ensure_function)(void);
typedef void (*release_function)(PyGILState_STATE);

struct job {
    PyObject *callback;
    int nested, times, by_name;
    ensure_function ensure;
    release_function release;
    long long seen;       /* the interpreter in which all calls ran; -2 if they differ */
    int check_before, check_inside, check_after, check_detached;
    int state_before, state_inside;
    pthread_t thread;
};

static void
call(struct job *job)
{
    long long now = here();
    job->seen = job->seen == -1 || job->seen == now ? now : -2;
    PyObject *result = PyObject_CallNoArgs(job->callback);
    if (result == NULL) {
        PyErr_WriteUnraisable(job->callback);
    }
    Py_XDECREF(result);
}

static void *
body(void *argument)
{
    struct job *job = argument;
    job->check_before = PyGILState_Check();
    job->state_before = PyGILState_GetThisThreadState() != NULL;
    for (int i = 0; i < job->times; i++) {
        PyGILState_STATE state = job->ensure();
        job->check_inside = PyGILState_Check();
        job->state_inside = PyGILState_GetThisThreadState() == PyThreadState_Get();
        call(job);
        if (job->nested) {
            PyThreadState *before = PyThreadState_Get();
            PyGILState_STATE inner = job->ensure();
            if (inner != PyGILState_LOCKED || PyThreadState_Get() != before) {
                job->seen = -3;
            }
            call(job);
            Py_BEGIN_ALLOW_THREADS
            job->check_detached = PyGILState_Check();
            PyGILState_STATE deepest = job->ensure();
            if (deepest != PyGILState_UNLOCKED || PyThreadState_Get() != before) {
                job->seen = -4;
            }
            call(job);
            job->release(deepest);
            Py_END_ALLOW_THREADS
            job->release(inner);
            call(job);
        }
        job->release(state);
    }
    job->check_after = PyGILState_Check();
    return NULL;
}

/* run(callback, threads, times, nested, by_name) -> what each thread saw */
static PyObject *
run(MANY_ARGUMENTS)
{
    PyObject *callback;
    int threads, times, nested, by_name;
    if (!PyArg_ParseTuple(arguments, "Oiiii", &callback, &threads, &times, &nested, &by_name)) {
        return NULL;
    }
    struct job *jobs = calloc((size_t)threads, sizeof *jobs);
    for (int i = 0; i < threads; i++) {
        jobs[i] = (struct job){callback, nested, times, by_name, PyGILState_Ensure, PyGILState_Release, -1};
        if (by_name) {
            jobs[i].ensure = (ensure_function)dlsym(RTLD_DEFAULT, "PyGILState_Ensure");
            jobs[i].release = (release_function)dlsym(RTLD_DEFAULT, "PyGILState_Release");
        }
        if (pthread_create(&jobs[i].thread, NULL, body, &jobs[i]) != 0) {
            abort();
        }
    }
    Py_BEGIN_ALLOW_THREADS
    for (int i = 0; i < threads; i++) {
        pthread_join(jobs[i].thread, NULL);
    }
    Py_END_ALLOW_THREADS
    PyObject *result = PyList_New(0);
    for (int i = 0; result && i < threads; i++) {
        struct job *job = &jobs[i];
        PyObject *one = Py_BuildValue("{sLsisisisisisi}", "seen", job->seen, "check before", job->check_before,
                                      "check inside", job->check_inside, "check after", job->check_after,
                                      "check detached", job->check_detached, "state before", job->state_before,
                                      "state inside", job->state_inside);
        if (one == NULL || PyList_Append(result, one) < 0) {
            Py_CLEAR(result);
        }
        Py_XDECREF(one);
    }
    free(jobs);
    return result;
}

/* On a thread that is attached to this interpreter: (where, same thread state, what Ensure said). */
static PyObject *
ensure_attached(ONE_ARGUMENT)
{
    PyThreadState *before = PyThreadState_Get();
    PyGILState_STATE state = PyGILState_Ensure();
    long long where = here();
    int same = PyThreadState_Get() == before;
    PyObject *result = PyObject_CallNoArgs(argument);
    PyGILState_Release(state);
    int back = PyThreadState_Get() == before;
    return result ? Py_BuildValue("[LiiiN]", where, same, state == PyGILState_LOCKED, back, result) : NULL;
}

/* The same from within Py_BEGIN_ALLOW_THREADS. */
static PyObject *
ensure_detached(ONE_ARGUMENT)
{
    PyThreadState *before = PyThreadState_Get();
    PyObject *result;
    long long where;
    int same, checks, unlocked;
    Py_BEGIN_ALLOW_THREADS
    checks = PyGILState_Check() == 0;
    PyGILState_STATE state = PyGILState_Ensure();
    checks = checks && PyGILState_Check() == 1;
    unlocked = state == PyGILState_UNLOCKED;
    where = here();
    same = PyThreadState_Get() == before;
    result = PyObject_CallNoArgs(argument);
    PyGILState_Release(state);
    checks = checks && PyGILState_Check() == 0;
    Py_END_ALLOW_THREADS
    int back = PyThreadState_Get() == before;
    return result ? Py_BuildValue("[LiiiiN]", where, same, unlocked, back, checks, result) : NULL;
}

/* Whether PyGILState_Ensure finds this thread attached, and to its interpreter; it waits for ever if it does not. */
static int
ensure_again(long long *where)
{
    PyGILState_STATE state = PyGILState_Ensure();
    *where = here();
    PyGILState_Release(state);
    return state == PyGILState_LOCKED;
}

/* Detaches in one way and attaches in another, as pybind11 does while it makes the one value of many threads. */
static PyObject *
turns(NO_ARGUMENTS)
{
    long long where[4];
    PyThreadState *first = PyEval_SaveThread();
    PyEval_AcquireThread(first);
    int locked = ensure_again(&where[0]);
    PyEval_SaveThread();
    PyEval_RestoreThread(first);
    locked += ensure_again(&where[1]);

    PyEval_ReleaseThread(first);
    int detached = PyGILState_Check() == 0;
    PyEval_RestoreThread(first);
    locked += ensure_again(&where[2]);

    PyThreadState *other = PyThreadState_New(PyThreadState_GetInterpreter(first));
    if (other == NULL) {
        return PyErr_NoMemory();
    }
    PyEval_SaveThread();
    PyEval_AcquireThread(other);
    PyThreadState_Clear(other);
    PyThreadState_DeleteCurrent();
    detached += PyGILState_Check() == 0;
    PyEval_RestoreThread(first);
    locked += ensure_again(&where[3]);
    return Py_BuildValue("[LLLLii]", where[0], where[1], where[2], where[3], locked, detached);
}

/* A function that another interpreter may call through its address, as a native library would. */
static PyObject *crossing;

static long long
cross(void)
{
    PyGILState_STATE state = PyGILState_Ensure();
    long long where = here();
    PyObject *result = PyObject_CallNoArgs(crossing);
    if (result == NULL) {
        PyErr_WriteUnraisable(crossing);
    }
    Py_XDECREF(result);
    PyGILState_Release(state);
    return where;
}

static PyObject *
expose(ONE_ARGUMENT)
{
    Py_XSETREF(crossing, Py_NewRef(argument));
    return address_of((void *)cross);
}

/* call_address(address) -> [where it ran, this thread is attached as before] */
static PyObject *
call_address(ONE_ARGUMENT)
{
    long long (*function)(void) = (long long (*)(void))PyLong_AsVoidPtr(argument);
    PyThreadState *before = PyThreadState_Get();
    long long where = function();
    return Py_BuildValue("[Li]", where, PyThreadState_Get() == before);
}

static PyObject *
forget(NO_ARGUMENTS)
{
    Py_CLEAR(crossing);
    Py_RETURN_NONE;
}

static PyObject *
check(NO_ARGUMENTS)
{
    int detached;
    PyThreadState *mine = PyThreadState_Get();
    Py_BEGIN_ALLOW_THREADS
    detached = PyGILState_Check();
    Py_END_ALLOW_THREADS
    return Py_BuildValue("[iii]", PyGILState_Check(), detached, PyGILState_GetThisThreadState() == mine);
}

/* A thread state made by hand, for the interpreter that "is" the main one. */
struct by_hand {
    PyObject *callback;
    long long seen;
    int head;
};

static void *
by_hand_body(void *argument)
{
    struct by_hand *job = argument;
    PyInterpreterState *interpreter = job->head ? PyInterpreterState_Head() : PyInterpreterState_Main();
    PyThreadState *state = PyThreadState_New(interpreter);
    PyEval_RestoreThread(state);
    job->seen = here();
    PyObject *result = PyObject_CallNoArgs(job->callback);
    if (result == NULL) {
        PyErr_WriteUnraisable(job->callback);
    }
    Py_XDECREF(result);
    PyThreadState_Clear(state);
    PyThreadState_DeleteCurrent();
    return NULL;
}

/* by_hand(callback, "main" or "head"). In words: for the main interpreter the first of CPython's list is another one,
   and a blind call of the audit must not take it. */
static PyObject *
by_hand(MANY_ARGUMENTS)
{
    struct by_hand job = {NULL, -1, 0};
    const char *which = "main";
    pthread_t thread;
    if (!PyArg_ParseTuple(arguments, "O|s", &job.callback, &which)) {
        return NULL;
    }
    job.head = !strcmp(which, "head");
    if (!job.head && strcmp(which, "main")) {
        PyErr_SetString(PyExc_ValueError, "neither main nor head");
        return NULL;
    }
    if (pthread_create(&thread, NULL, by_hand_body, &job) != 0) {
        abort();
    }
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    return PyLong_FromLongLong(job.seen);
}

static PyObject *
main_is_mine(NO_ARGUMENTS)
{
    return PyBool_FromLong(PyInterpreterState_Main() == PyInterpreterState_Get());
}

/* Pending calls. */
static PyObject *pending_callback;
static long long pending_seen[64];
static int pending_ran;

static int
pending(void *argument)
{
    (void)argument;
    int slot = __sync_fetch_and_add(&pending_ran, 1);
    if (slot < 64) {
        pending_seen[slot] = here();
    }
    PyObject *result = PyObject_CallNoArgs(pending_callback);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static void *
pending_body(void *argument)
{
    (void)argument;
    for (int i = 0; i < 10; i++) {
        while (Py_AddPendingCall(pending, NULL) != 0) {
            usleep(1000);
        }
    }
    return NULL;
}

/* add_pending(callback, foreign): ten pending calls, by a native thread or by this one */
static PyObject *
add_pending(MANY_ARGUMENTS)
{
    PyObject *callback;
    int foreign;
    pthread_t thread;
    if (!PyArg_ParseTuple(arguments, "Oi", &callback, &foreign)) {
        return NULL;
    }
    Py_XSETREF(pending_callback, Py_NewRef(callback));
    if (!foreign) {
        pending_body(NULL);
        Py_RETURN_NONE;
    }
    if (pthread_create(&thread, NULL, pending_body, NULL) != 0) {
        abort();
    }
    Py_BEGIN_ALLOW_THREADS
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyObject *
pending_done(NO_ARGUMENTS)
{
    PyObject *result = PyList_New(0);
    for (int i = 0; result && i < pending_ran && i < 64; i++) {
        PyObject *one = PyLong_FromLongLong(pending_seen[i]);
        if (one == NULL || PyList_Append(result, one) < 0) {
            Py_CLEAR(result);
        }
        Py_XDECREF(one);
    }
    return result;
}

/* A thread that outlives its interpreter. */
static void *
outliving_body(void *argument)
{
    usleep(400000);
    note("%s woke", (char *)argument);
    PyGILState_STATE state = PyGILState_Ensure();
    note("%s attached to %lld", (char *)argument, here());
    PyGILState_Release(state);
    return NULL;
}

static void *
outliving_pending_body(void *argument)
{
    usleep(400000);
    note("%s woke", (char *)argument);
    int result = Py_AddPendingCall(pending, NULL);
    note("%s pending %d", (char *)argument, result);
    return NULL;
}

static void *
inside_body(void *argument)
{
    PyGILState_STATE state = PyGILState_Ensure();
    note("%s inside %lld", (char *)argument, here());
    Py_BEGIN_ALLOW_THREADS
    usleep(700000);
    note("%s woke", (char *)argument);
    Py_END_ALLOW_THREADS
    note("%s back in %lld", (char *)argument, here());
    PyGILState_Release(state);
    return NULL;
}

/* outlive(kind, number): starts a thread that nobody waits for */
static PyObject *
outlive(MANY_ARGUMENTS)
{
    const char *kind;
    int number;
    pthread_t thread;
    char *label = malloc(32);
    if (!PyArg_ParseTuple(arguments, "si", &kind, &number)) {
        return NULL;
    }
    snprintf(label, 32, "thread %d", number);
    void *(*start)(void *) = !strcmp(kind, "ensure") ? outliving_body
        : !strcmp(kind, "pending") ? outliving_pending_body : inside_body;
    if (pthread_create(&thread, NULL, start, label) != 0) {
        abort();
    }
    pthread_detach(thread);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    METHOD(run, METH_VARARGS), METHOD(ensure_attached, METH_O), METHOD(ensure_detached, METH_O),
    METHOD(turns, METH_NOARGS),
    METHOD(expose, METH_O), METHOD(call_address, METH_O), METHOD(forget, METH_NOARGS), METHOD(check, METH_NOARGS),
    METHOD(by_hand, METH_VARARGS), METHOD(main_is_mine, METH_NOARGS), METHOD(add_pending, METH_VARARGS),
    METHOD(pending_done, METH_NOARGS), METHOD(outlive, METH_VARARGS), METHODS_END};

PLANTED_MODULE(_foreign, methods, no_exec)
