long registry_add(void);
void *registry_place(void);
long plain_add(void);
void *plain_place(void);
long chain_add(void);
void *chain_place(void);
long versioned_add(void);
void *versioned_place(void);
