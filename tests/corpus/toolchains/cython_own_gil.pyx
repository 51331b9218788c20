# cython: subinterpreters_compatible = own_gil
# insula-corpus: title: Cython with module state and heap types, which declares an own GIL
# insula-corpus: built-with: cython -DCYTHON_USE_MODULE_STATE=1 -DCYTHON_USE_TYPE_SPECS=1
# insula-corpus: expect: INS004 INS005 INS105 INS501
# insula-corpus: may: INS307
# insula-corpus: answers: again=refused restart=refused clean=no
# insula-corpus: why: each interpreter has a module of its own, also in parallel; a table on the heap finds it by the interpreter, so that a second import is refused.


cdef class Point:
    cdef public object x

    def __init__(self, x=0):
        self.x = x


def remember(key):
    return Point(key)
