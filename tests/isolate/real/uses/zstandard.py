import zstandard


def use(turn):
    data = b"some text " * (100 + turn)
    packed = zstandard.ZstdCompressor(level=3, threads=2).compress(data)
    assert zstandard.ZstdDecompressor().decompress(packed) == data
    words = zstandard.train_dictionary(2048, [b"sample %d of many samples " % n * 8 for n in range(200)])
    small = zstandard.ZstdCompressor(dict_data=words).compress(b"sample 7 of many samples")
    try:
        zstandard.ZstdDecompressor().decompress(b"no frame")
        raise AssertionError("unpacked")
    except zstandard.ZstdError as error:
        said = str(error)
    return packed, len(small), said, zstandard.ZstdDecompressor(dict_data=words).decompress(small)
