import brotli


def use(turn):
    data = b"some text " * (100 + turn)
    packed = brotli.compress(data, quality=5)
    stream = brotli.Decompressor()
    assert b"".join(stream.process(packed[n : n + 5]) for n in range(0, len(packed), 5)) == data
    try:
        brotli.decompress(b"no data")
        raise AssertionError("unpacked")
    except brotli.error as error:
        said = str(error)
    return packed, said
