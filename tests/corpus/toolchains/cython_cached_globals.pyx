# insula-corpus: title: Cython as it comes: a class, and caches in module-level variables
# insula-corpus: built-with: cython
# insula-corpus: expect: INS002 INS003 INS101 INS102 INS103 INS104 INS501
# insula-corpus: informs: INS005
# insula-corpus: answers: again=refused legacy=refused own-gil=refused parallel=refused clean=no
# insula-corpus: why: types, constants and every cdef variable are globals of the file.

cdef dict cache = {}  # here: INS101
cdef object last = None  # here: INS101


class Error(Exception):
    pass


cdef class Point:  # here: INS104
    cdef public object x

    def __init__(self, x=0):
        self.x = x


def remember(key):
    global last
    cache[key] = last = Point(key)
    return len(cache)
