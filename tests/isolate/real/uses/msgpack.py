import datetime

import msgpack
from msgpack import _cmsgpack


def use(turn):
    value = {"a": [1, 2.5, None, "x" * turn], "b": b"bytes", "t": msgpack.ExtType(5, b"data")}
    packed = msgpack.packb(value)
    assert msgpack.unpackb(packed) == value
    assert msgpack.Packer is _cmsgpack.Packer
    stream = msgpack.Unpacker(object_hook=lambda pairs: sorted(pairs))
    for n in range(turn):
        stream.feed(msgpack.packb({"b": n, "a": n}))
    try:
        msgpack.packb(object())
        raise AssertionError("packed")
    except TypeError as error:
        said = str(error).split(" object")[0]
    moment = msgpack.packb(datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc), datetime=True)
    return packed, list(stream), said, msgpack.unpackb(moment, timestamp=3).isoformat()
