/* Uses libraries that need each other. */
#include "planted.h"
#include <pthread.h>

extern long go_round(void);
extern void *place_round(void);

static void *
other_thread(void *result)
{
    *(long *)result = go_round();
    return NULL;
}

/* [in this thread, in another one, where it is here] */
static PyObject *
go(NO_ARGUMENTS)
{
    long there = -1;
    pthread_t thread;
    if (pthread_create(&thread, NULL, other_thread, &there) == 0) {
        pthread_join(thread, NULL);
    }
    return Py_BuildValue("[llN]", go_round(), there, address_of(place_round()));
}

static PyMethodDef methods[] = {METHOD(go, METH_NOARGS), METHODS_END};

#ifdef FIXED
PLANTED_MODULE(_round_fixed, methods, no_exec)
#else
PLANTED_MODULE(_round, methods, no_exec)
#endif
