// A library that has the same statics as the extension, and versions of its symbols.
#include "unique.hpp"

long raise_in_library() { return ++Registry<Tag>::counter; }
void *place_in_library() { return &Registry<Tag>::counter; }
