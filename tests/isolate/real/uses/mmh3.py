import mmh3


def use(turn):
    hasher = mmh3.mmh3_x64_128(seed=turn)
    hasher.update(b"text")
    try:
        mmh3.hash(1.5)
        raise AssertionError("hashed")
    except TypeError as error:
        said = str(error)
    return mmh3.hash("text", turn), mmh3.hash128(b"x" * turn), hasher.digest(), said
