import gc

import cffi


def use(turn):
    ffi = cffi.FFI()
    ffi.cdef(
        "typedef int (*less)(const void *, const void *); void qsort(void *, size_t, size_t, less);"
        "struct point { int x; double y; }; size_t strlen(const char *);"
    )
    library = ffi.dlopen(None)
    numbers = ffi.new("int[]", [5, 3, turn, 1])

    @ffi.callback("int(const void *, const void *)")
    def less(a, b):
        return ffi.cast("int *", a)[0] - ffi.cast("int *", b)[0]

    library.qsort(numbers, 4, ffi.sizeof("int"), less)
    assert list(numbers) == sorted([5, 3, turn, 1])
    seen = []
    thing = ffi.gc(ffi.new("struct point *", {"x": turn, "y": 1.5}), lambda one: seen.append(one.x))
    size = ffi.sizeof(thing[0])
    del thing
    gc.collect()
    try:
        ffi.new("struct point *", {"z": 1})
        raise AssertionError("made")
    except KeyError as error:
        said = str(error)
    handle = ffi.new_handle([turn])
    return list(numbers), library.strlen(b"x" * turn), seen, size, said, ffi.from_handle(handle)
