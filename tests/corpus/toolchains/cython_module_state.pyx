# cython: subinterpreters_compatible = own_gil
# insula-corpus: title: Cython with module state, which declares an own GIL
# insula-corpus: built-with: cython -DCYTHON_USE_MODULE_STATE=1
# insula-corpus: expect: INS004 INS005 INS104 INS105 INS303 INS501
# insula-corpus: may: INS307
# insula-corpus: answers: again=refused own-gil=no parallel=not-tried restart=refused clean=no
# insula-corpus: why: one module object per interpreter, which a table finds by the interpreter: a second import gets the first.


cdef class Point:  # here: INS104
    cdef public object x

    def __init__(self, x=0):
        self.x = x


def remember(key):
    return Point(key)
