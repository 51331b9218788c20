/* What C++ compilers make STB_GNU_UNIQUE: one for the process, whatever was loaded with RTLD_LOCAL. */
#include "planted.h"

template <class T> struct Registry {
    inline static long counter = 0;
    inline static PyObject *kept = nullptr;
};

template <class T> struct Table {
    inline static long numbers[8] = {0, 1, 2, 3, 4, 5, 6, 7};
};

template <class T> T variable_of = T(0);

inline long &
local_of_inline()
{
    static long value = [] { note("local static initialised"); return 0L; }();
    return value;
}

inline thread_local long depth = 0;

inline long
level()
{
    static thread_local long value = [] { return 1L; }();
    return value++;
}

struct Tag {};
