import blake3


def use(turn):
    one = blake3.blake3(b"text " * 50000, max_threads=blake3.blake3.AUTO)
    keyed = blake3.blake3(b"text", key=bytes([turn % 256]) * 32)
    derived = blake3.blake3(b"text", derive_key_context="a test")
    assert one.copy().digest() == one.digest()
    return one.hexdigest(), keyed.hexdigest(), derived.digest(length=10, seek=turn)
