import gc


class Plain:
    pass


def words(): return "".join(("insula", " probe"))
def number(): return int("1" + "0" * 12)
def data(): return bytes(bytearray(b"insula probe"))


def native():
    import ctypes

    class Info(ctypes.Structure):
        _fields_ = [(name, ctypes.c_size_t) for name in "a b c d hblkhd f g uordblks i j".split()]

    try:
        call = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        return lambda: 0
    call.restype = Info
    return lambda: (lambda info: info.uordblks + info.hblkhd)(call())


def heap():
    getattr(sys, "_clear_internal_caches", getattr(sys, "_clear_type_cache", int))()
    return sys.getallocatedblocks(), bytes_in_use()


def growth(call):
    least = (1 << 60, 1 << 60)
    for _ in range(4):
        gc.collect()
        before = heap()
        for _ in range(100):
            try:
                call()
            except Exception:
                pass
        gc.collect()
        least = tuple(map(min, least, (now - then for now, then in zip(heap(), before))))
    return least


bytes_in_use = native()
module = load()
