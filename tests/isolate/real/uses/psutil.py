import os

import psutil


def use(turn):
    own = psutil.Process()
    assert own.pid == os.getpid() and own.memory_info().rss > 0 and own.num_threads() >= 1
    try:
        psutil.Process(2**22 + turn)
        raise AssertionError("found")
    except psutil.NoSuchProcess as error:
        said = str(error)
    assert psutil.virtual_memory().total > 0 and psutil.cpu_times().user >= 0 and psutil.net_if_addrs()
    return said, own.ppid() == os.getppid(), psutil.cpu_count()
