static long counter;
long sibling_add(void) { return ++counter; }
void *sibling_place(void) { return &counter; }
#ifdef LAZY
/* Nobody has it, and nobody calls it. */
extern long planted_nowhere(void);
long sibling_call(void) { return planted_nowhere(); }
#endif
#ifdef HELPED
extern void *helper_place(void);
void *sibling_place_of_helper(void) { return helper_place(); }
#endif
#ifdef ROUND
extern long go_round(void);
long sibling_round(void) { return go_round(); }
#endif
