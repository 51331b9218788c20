#include <stdexcept>
template <class T> struct Registry {
    inline static long counter = 0;
};
struct Thrown : std::runtime_error {
    explicit Thrown(long v) : std::runtime_error("thrown"), value(v) {}
    long value;
};
long thrower_throw(long value);
void *thrower_place();
