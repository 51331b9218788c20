from rapidfuzz import distance, fuzz, process


def use(turn):
    words = ["new york", "newark", "york", "boston"] * 5
    best = process.extract("new yrok", words, scorer=fuzz.WRatio, limit=3, processor=str.lower)
    table = process.cdist(["abc", "abd"], ["abe", "x" * (turn + 1)], scorer=distance.Levenshtein.distance, workers=2)
    try:
        fuzz.ratio(1, "x")
        raise AssertionError("compared")
    except TypeError as error:
        said = str(error)
    return best, table.tolist(), said, distance.Levenshtein.editops("kitten", "sitting").as_list()
