import threading

import greenlet


class Stop(Exception):
    pass


def chain(turn):
    seen = []

    def child(value):
        while value < 20:
            seen.append(value)
            value = parent.switch(value + 1) or value + 2
        raise Stop(value)

    parent = greenlet.getcurrent()
    one = greenlet.greenlet(child)
    value = turn % 10
    try:
        while True:
            value = one.switch(value)
    except Stop as stop:
        seen.append(stop.args)
    left = greenlet.greenlet(lambda: greenlet.getcurrent().parent.switch("left over"))
    seen.append(left.switch())
    return seen


def use(turn):
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(chain(turn))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    killed = greenlet.greenlet(lambda: greenlet.getcurrent().parent.switch(1))
    killed.switch()
    killed.throw()
    assert killed.dead
    return chain(turn), seen
