import pickle

from multidict import CIMultiDict, MultiDict, MultiDictProxy, istr


def use(turn):
    made = CIMultiDict([("Key", turn), ("key", 2), ("Other", 3)])
    made.add(istr("KEY"), 4)
    view = MultiDictProxy(MultiDict(a=1, b=turn))
    assert made.getall("kEy") == [turn, 2, 4]
    try:
        view["missing"]
        raise AssertionError("found")
    except KeyError as error:
        said = str(error)
    made.extend({"x": [1]})
    return (
        list(made.items()),
        list(view),
        said,
        pickle.loads(pickle.dumps(made)) == made,
        made.popall("key"),
        type(made).__module__,
    )
