/* A library that calls no Python itself, but another one that does. */
typedef struct object object;
extern object *found_keep(object *);
object *found_keep_by(object *value) { return found_keep(value); }
