import dataclasses

import ormsgpack


@dataclasses.dataclass
class Point:
    x: int
    y: float


def use(turn):
    value = {"turn": turn, "items": ["x" * turn, 1.5, None, True]}
    packed = ormsgpack.packb(value)
    assert ormsgpack.unpackb(packed) == value
    try:
        ormsgpack.packb({1j})
        raise AssertionError("packed")
    except ormsgpack.MsgpackEncodeError as error:
        said = str(error)
    return (
        packed,
        ormsgpack.packb([Point(turn, 0.5)]),
        said,
        ormsgpack.packb({1j}, default=lambda other: sorted(map(str, other))),
    )
