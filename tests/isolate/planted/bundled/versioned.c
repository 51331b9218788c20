/* Two versions of one symbol: an old one that only old programs ask for, and the default. */
static long counter;
long old_add(void) { return -1; }
long new_add(void) { return ++counter; }
void *versioned_place(void) { return &counter; }
__asm__(".symver old_add, versioned_add@PLANTED_1.0");
__asm__(".symver new_add, versioned_add@@PLANTED_2.0");
