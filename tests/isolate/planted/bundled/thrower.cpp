/* A C++ library whose exceptions cross into the extension, and whose registry is a GNU_UNIQUE variable. */
#include "thrower.hpp"
long thrower_throw(long value)
{
    Registry<int>::counter += 1;
    throw Thrown(value);
}
void *thrower_place() { return &Registry<int>::counter; }
