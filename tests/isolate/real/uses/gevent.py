import gevent
from gevent import event, pool, queue, server, socket


def use(turn):
    gevent.get_hub().NOT_ERROR = (ZeroDivisionError,)
    pipe = queue.Queue()
    ready = event.Event()

    def produce():
        ready.wait()
        for n in range(5):
            pipe.put(n + turn)
            gevent.sleep(0)

    producer = gevent.spawn(produce)
    ready.set()
    numbers = [pipe.get(timeout=20) for _ in range(5)]
    producer.join()

    def answer(connection, address):
        connection.sendall(connection.recv(100).upper())
        connection.close()

    listening = server.StreamServer(("127.0.0.1", 0), answer)
    listening.start()

    def ask(n):
        with socket.create_connection(("127.0.0.1", listening.server_port), timeout=20) as connection:
            connection.sendall(b"text %d" % n)
            return connection.recv(100)

    answers = pool.Pool(3).map(ask, range(4))
    listening.stop()
    try:
        gevent.spawn(lambda: 1 / 0).get()
        raise AssertionError("no error")
    except ZeroDivisionError:
        pass
    in_thread = gevent.get_hub().threadpool.apply(lambda: turn * 2)
    # Its threads are to end before the interpreter does.
    gevent.get_hub().threadpool.kill()
    return numbers, answers, in_thread
