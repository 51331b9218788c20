import setproctitle


def use(turn):
    before = setproctitle.getproctitle()
    assert before
    setproctitle.setthreadtitle("worker")
    return setproctitle.getthreadtitle()
