/* A library whose constructor notes its turn. */
#include "planted.h"
#ifdef OUTER
extern void innermost(void);
__attribute__((constructor)) static void turn(void) { innermost(); note("constructor outer"); }
void outermost(void) { innermost(); }
#else
__attribute__((constructor)) static void turn(void) { note("constructor inner"); }
void innermost(void) {}
#endif
