/* A library that knows nothing of Python and calls what it was given, again and again, on a thread of its own. */
#include <pthread.h>
#include <unistd.h>

static void (*volatile called)(void);

static void *
run(void *argument)
{
    (void)argument;
    for (;;) {
        called();
        usleep(1000);
    }
    return NULL;
}

int
planted_call_on_a_thread(void (*function)(void))
{
    static int started;
    pthread_t thread;
    called = function;
    return started++ ? 0 : pthread_create(&thread, NULL, run, NULL);
}
