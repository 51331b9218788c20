/* A library of which there are several versions, in several places. */
#ifndef VERSION
#define VERSION 1
#endif
static long counter;
long found_version(void) { return VERSION; }
void *found_place(void) { return &counter; }
