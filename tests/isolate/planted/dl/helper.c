static long counter;
void *helper_place(void) { return &counter; }
