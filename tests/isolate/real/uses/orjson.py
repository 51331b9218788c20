import dataclasses
import datetime
import uuid

import orjson


@dataclasses.dataclass
class Point:
    x: int
    y: float


def use(turn):
    value = {"turn": turn, "items": ["x" * turn, 1.5, None, True], "nested": [{"a": [n]} for n in range(20)]}
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    assert orjson.loads(text) == value
    try:
        orjson.loads(b'{"a": ]')
        raise AssertionError("bad JSON was accepted")
    except orjson.JSONDecodeError as error:
        said = str(error)
    more = orjson.dumps([Point(turn, 0.5), datetime.date(2026, 1, 1 + turn % 28), uuid.UUID(int=turn)])
    return text, more, said, orjson.dumps({1j}, default=lambda other: sorted(map(str, other)))
