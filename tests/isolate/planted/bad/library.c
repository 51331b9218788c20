void *registry_place(void) { static long counter; return &counter; }
#ifdef MISSING
extern void planted_missing_of_library(void);
void other(void) { planted_missing_of_library(); }
#endif
