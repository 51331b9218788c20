import cramjam


def use(turn):
    data = b"some text " * (100 + turn)
    packed = {}
    for name in ("gzip", "snappy", "lz4", "zstd", "brotli", "bzip2"):
        module = getattr(cramjam, name)
        packed[name] = len(bytes(module.compress(data)))
        assert bytes(module.decompress(module.compress(data))) == data
    try:
        cramjam.zstd.decompress(b"no frame")
        raise AssertionError("unpacked")
    except cramjam.DecompressionError as error:
        said = str(error)
    return packed, said, cramjam.Buffer(b"123").read(2)
