import immutables


class Bad:
    def __hash__(self):
        raise ZeroDivisionError


def use(turn):
    made = immutables.Map({f"k{n}": n * turn for n in range(100)})
    with made.mutate() as change:
        change["new"] = turn
        del change["k3"]
        other = change.finish()
    assert "k3" in made and "k3" not in other
    try:
        made.set(Bad(), 1)
        raise AssertionError("set")
    except ZeroDivisionError:
        pass
    return sorted(other.items())[:30], len(made), other.get("k3", "none"), made == other, type(made).__module__
