import lz4.block
import lz4.frame


def use(turn):
    data = b"some text " * (100 + turn)
    packed = lz4.frame.compress(data)
    block = lz4.block.compress(data, mode="high_compression")
    assert lz4.frame.decompress(packed) == data == lz4.block.decompress(block)
    try:
        lz4.frame.decompress(b"no frame")
        raise AssertionError("unpacked")
    except RuntimeError as error:
        said = str(error)
    return packed, block, said
