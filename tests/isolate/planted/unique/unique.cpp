#include "unique.hpp"
#include <pthread.h>

COUNTER_METHODS(Registry<Tag>::counter)

static PyObject *
places(NO_ARGUMENTS)
{
    return Py_BuildValue("[NNNN]", address_of(&Registry<Tag>::counter), address_of(&Registry<Tag>::kept),
                         address_of(&variable_of<long>), address_of(&local_of_inline()));
}

static PyObject *
keep(ONE_ARGUMENT)
{
    PyObject *before = Registry<Tag>::kept;
    Registry<Tag>::kept = Py_NewRef(argument);
    return before ? before : Py_NewRef(Py_None);
}

/* A relocation with an addend: into the middle of what is one for the process. */
long *third = &Table<Tag>::numbers[3];

static PyObject *
third_number(NO_ARGUMENTS)
{
    return Py_BuildValue("[ll]", *third, (long)(third - Table<Tag>::numbers));
}

/* deeper() -> [in this thread twice, in another one twice]: each call adds one to two variables of its thread. */
static void *
in_thread(void *counts)
{
    ((long *)counts)[0] = ++depth;
    ((long *)counts)[1] = level();
    return nullptr;
}

static PyObject *
deeper(NO_ARGUMENTS)
{
    long other[2] = {-1, -1};
    pthread_t thread;
    if (pthread_create(&thread, nullptr, in_thread, other) == 0) {
        pthread_join(thread, nullptr);
    }
    long mine[2] = {++depth, level()};
    return Py_BuildValue("[llll]", mine[0], mine[1], other[0], other[1]);
}

static PyObject *depth_place(NO_ARGUMENTS) { return address_of(&depth); }

static PyMethodDef methods[] = {
    METHOD(deeper, METH_NOARGS), METHOD(depth_place, METH_NOARGS), METHOD(third_number, METH_NOARGS),
    METHOD(count, METH_NOARGS), METHOD(place, METH_NOARGS), METHOD(places, METH_NOARGS), METHOD(keep, METH_O),
    METHODS_END};

#ifdef SECOND
PLANTED_MODULE(_second, methods, no_exec)
#elif defined(STRIPPED)
PLANTED_MODULE(_stripped, methods, no_exec)
#elif defined(HIDDEN)
PLANTED_MODULE(_hidden, methods, no_exec)
#else
PLANTED_MODULE(_first, methods, no_exec)
#endif
