import xxhash


def use(turn):
    one = xxhash.xxh64(seed=turn)
    one.update(b"part one")
    copy = one.copy()
    copy.update(b"part two")
    assert one.digest() != copy.digest()
    return one.hexdigest(), copy.intdigest(), xxhash.xxh3_128_hexdigest(b"x" * turn), xxhash.xxh32(b"a").hexdigest()
