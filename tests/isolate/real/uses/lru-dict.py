import lru


def use(turn):
    gone = []
    made = lru.LRU(5, callback=lambda key, value: gone.append((key, value)))
    for n in range(turn, turn + 8):
        made[n] = str(n)
    made.get(turn + 4)
    made.set_size(3)
    try:
        made["missing"]
        raise AssertionError("found")
    except KeyError as error:
        said = str(error)
    return made.items(), gone, made.get_stats(), said
