/* A library without variables of its own, which has its counter in another library. */
extern long inner_add(void);
extern void *inner_place(void);
long chain_add(void) { return inner_add(); }
void *chain_place(void) { return inner_place(); }
