import datetime
import decimal
import fractions

import cbor2


def use(turn):
    value = {
        "turn": turn,
        "a": [1, 2.5, None, b"x"],
        "d": decimal.Decimal("1.5"),
        "f": fractions.Fraction(1, 3),
        "t": datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
    }
    data = cbor2.dumps(value, canonical=True)
    assert cbor2.loads(data) == value
    try:
        cbor2.loads(b"\x83\x01")
        raise AssertionError("loaded")
    except cbor2.CBORDecodeError as error:
        said = type(error).__name__
    custom = cbor2.dumps([1j + turn], default=lambda encoder, other: encoder.encode([other.real, other.imag]))
    loop = [1]
    loop.append(loop)
    again = cbor2.loads(cbor2.dumps(loop, value_sharing=True))
    return data, said, custom, again[1] is again, cbor2.loads(b"\xd8\x64\x05", tag_hook=lambda *tag: str(tag[-1]))
