static long counter;
long sibling_add(void) { return ++counter; }
void *sibling_place(void) { return &counter; }
