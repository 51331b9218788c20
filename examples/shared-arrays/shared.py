"""Data that several interpreters use without a copy: `python shared.py`.

Memory belongs to the process, so a number or a name is all that has to be sent. What lies in it must not be Python
objects: bytes, numbers, Arrow's columns.
"""

import mmap
import os
import sys

import numpy
import pyarrow
import pyarrow.compute
from insula_isolate import InterpreterPoolExecutor

COUNT = 1_000_000


def mapped(descriptor: int) -> mmap.mmap:
    """The memory of a file without a name. Each interpreter maps it by its descriptor, which is the process's."""
    return mmap.mmap(descriptor, os.fstat(descriptor).st_size)


def fill(descriptor: int, start: int, stop: int) -> None:
    """Write a part of an array of numpy."""
    array = numpy.frombuffer(mapped(descriptor))
    array[start:stop] = numpy.sqrt(numpy.arange(start, stop))


def total(descriptor: int, column: str) -> tuple[float, int]:
    """Read a column of an Arrow table: its sum, and how much memory Arrow took for it."""
    with pyarrow.ipc.open_stream(pyarrow.py_buffer(mapped(descriptor))) as stream:
        table = stream.read_all()
    return pyarrow.compute.sum(table[column]).as_py(), pyarrow.total_allocated_bytes()


def double(queue) -> None:
    """Change an array that came through a queue as a memoryview."""
    array = numpy.asarray(queue.get())
    array *= 2


def arrays(pool: InterpreterPoolExecutor) -> None:
    descriptor = os.memfd_create("array")
    os.ftruncate(descriptor, COUNT * 8)
    half = COUNT // 2
    for task in [pool.submit(fill, descriptor, 0, half), pool.submit(fill, descriptor, half, COUNT)]:
        task.result()
    array = numpy.frombuffer(mapped(descriptor))
    assert (array == numpy.sqrt(numpy.arange(COUNT))).all()
    os.close(descriptor)
    print(f"numpy: two interpreters filled {array.nbytes:,} bytes")


def tables(pool: InterpreterPoolExecutor) -> None:
    table = pyarrow.table({"whole": range(COUNT), "half": [0.5] * COUNT})
    descriptor = os.memfd_create("table")
    with open(descriptor, "wb", closefd=False) as file, pyarrow.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    tasks = [pool.submit(total, descriptor, column) for column in table.column_names]
    assert [task.result() for task in tasks] == [(COUNT * (COUNT - 1) // 2, 0), (COUNT / 2, 0)]
    os.close(descriptor)
    print(f"pyarrow: two interpreters summed up {table.nbytes:,} bytes, and took no memory for them")


def views(pool: InterpreterPoolExecutor) -> None:
    from concurrent import interpreters

    array = numpy.arange(COUNT, dtype=float)
    queue = interpreters.create_queue()
    queue.put(memoryview(array))
    pool.submit(double, queue).result()
    assert (array == 2.0 * numpy.arange(COUNT)).all()
    print(f"a queue: another interpreter doubled {array.nbytes:,} bytes in place")


def main() -> None:
    with InterpreterPoolExecutor(2) as pool:
        arrays(pool)
        tables(pool)
        if sys.version_info >= (3, 14):
            views(pool)


if __name__ == "__main__":
    main()
