import jiter


def use(turn):
    text = b'{"turn": %d, "a": [1, 2.5, null, true, "x"], "n": {"m": []}}' % turn
    parsed = jiter.from_json(text)
    assert parsed["turn"] == turn
    try:
        jiter.from_json(b'{"a": ]')
        raise AssertionError("parsed")
    except ValueError as error:
        said = str(error)
    part = jiter.from_json(b'{"a": [1, 2', partial_mode=True)
    return parsed, said, part, repr(jiter.from_json(b"1.25", float_mode="decimal")), jiter.cache_usage() > 0
