import pickle

from bitarray import bitarray, decodetree, frozenbitarray, util


def use(turn):
    bits = bitarray("0110") * (turn + 1)
    bits[1::3] = True
    codes = util.huffman_code({"a": 5, "b": 2, "c": 1})
    sent = bitarray()
    sent.encode(codes, "abacab")
    assert "".join(sent.decode(decodetree(codes))) == "abacab"
    try:
        bitarray("012")
        raise AssertionError("made")
    except ValueError as error:
        said = str(error)
    return (
        bits.to01(),
        util.ba2int(bits),
        said,
        hash(frozenbitarray("01")) is not None,
        pickle.loads(pickle.dumps(bits)).count(),
    )
