import hiredis


def use(turn):
    reader = hiredis.Reader(protocolError=ValueError, replyError=lambda text: KeyError(text))
    data = b"*3\r\n$3\r\none\r\n:%d\r\n-ERR wrong\r\n+OK\r\n" % turn
    seen = []
    for n in range(0, len(data), 4):
        reader.feed(data[n : n + 4])
        while (reply := reader.gets()) is not False:
            seen.append(repr(reply))
    reader.feed(b"no reply\r\n")
    try:
        reader.gets()
        raise AssertionError("parsed")
    except ValueError as error:
        said = str(error)
    return seen, said, hiredis.pack_command(("SET", "k", turn, 1.5))
