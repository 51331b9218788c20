/* One of two libraries that need each other: it uses a thread-local variable of the other one. */
extern __thread long turn;
extern long read_turn(void);
long raise_turn(void) { return ++turn; }
long raise_and_read(void) { turn += 10; return read_turn(); }
void *place_of_turn(void) { return &turn; }
