from rpds import HashTrieMap, HashTrieSet, List, Queue


def use(turn):
    made = HashTrieMap({f"k{n}": n * turn for n in range(50)}).insert("last", turn).remove("k3")
    assert "k3" not in made and made["last"] == turn
    try:
        made["missing"]
        raise AssertionError("a missing key was found")
    except KeyError as error:
        said = str(error)
    both = HashTrieSet(range(turn)) | HashTrieSet(range(3, turn + 3))
    return sorted(made.items()), sorted(both), list(List(range(5)).push_front(turn)), repr(Queue([turn])), said
