import tiktoken


def use(turn):
    ranks = {bytes([n]): n for n in range(256)} | {b"th": 256, b"the": 257, b" the": 258, b"in": 259}
    coder = tiktoken.Encoding(
        "toy", pat_str=r"\s?\w+|\s+|[^\w\s]+", mergeable_ranks=ranks, special_tokens={"<end>": 260}
    )
    text = "the thing in the inn, " * (turn + 1)
    tokens = coder.encode(text)
    assert coder.decode(tokens) == text
    batch = coder.encode_batch([text, "the<end>"], num_threads=2, allowed_special="all")
    return tokens[:50], batch[1], len(tokens)
