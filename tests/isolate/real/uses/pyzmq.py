import threading

import zmq


def use(turn):
    context = zmq.Context()
    server = context.socket(zmq.REP)
    port = server.bind_to_random_port("tcp://127.0.0.1")

    def serve():
        for _ in range(3):
            server.send(server.recv().upper())

    thread = threading.Thread(target=serve)
    thread.start()
    client = context.socket(zmq.REQ)
    client.connect(f"tcp://127.0.0.1:{port}")
    answers = []
    for n in range(3):
        client.send(b"%d text" % (turn + n), copy=bool(n % 2))
        answers.append(client.recv())
    thread.join()
    try:
        server.recv(zmq.NOBLOCK)
        raise AssertionError("something came")
    except zmq.Again as error:
        said = str(error)
    client.close(0)
    server.close(0)
    context.term()
    return answers, said, zmq.zmq_version()
