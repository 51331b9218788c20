import pickle

from pyroaring import BitMap, BitMap64, FrozenBitMap


def use(turn):
    one, two = BitMap(range(turn, 2000, 3)), BitMap(range(0, 2000, 5))
    both = one & two
    assert pickle.loads(pickle.dumps(both)) == both
    try:
        BitMap([-1])
        raise AssertionError("made")
    except (OverflowError, ValueError) as error:
        said = type(error).__name__
    return (
        list(both)[:20],
        len(one | two),
        both.max(),
        said,
        len(BitMap64([2**40 + turn])),
        hash(FrozenBitMap([1])) is not None,
    )
