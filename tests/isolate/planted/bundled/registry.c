/* A library's counter; NAME_add and NAME_place. */
#define JOIN(a, b) a##b
#define NAMED(a, b) JOIN(a, b)
static long counter;
long NAMED(NAME, _add)(void) { return ++counter; }
void *NAMED(NAME, _place)(void) { return &counter; }
