import decimal

import ujson


class Own:
    def __json__(self):
        return '{"own": 1}'


def use(turn):
    value = {"turn": turn, "items": ["x" * turn, 1.5, None, True], "ü": [[]] * 10}
    text = ujson.dumps(value, sort_keys=True)
    assert ujson.loads(text) == value
    try:
        ujson.loads('{"a": ]')
        raise AssertionError("parsed")
    except ujson.JSONDecodeError as error:
        said = str(error)
    return (
        text,
        said,
        ujson.dumps(Own()),
        ujson.dumps(decimal.Decimal("1.5")),
        ujson.dumps({1j}, default=lambda one: "set"),
    )
