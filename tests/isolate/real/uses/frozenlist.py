from frozenlist import FrozenList


def use(turn):
    made = FrozenList([1, 2])
    made.append(turn)
    made.freeze()
    try:
        made.append(4)
        raise AssertionError("changed")
    except RuntimeError as error:
        said = str(error)
    return list(made), hash(made), said
