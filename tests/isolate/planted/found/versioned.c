#define VERSION 6
#include "library.c"
