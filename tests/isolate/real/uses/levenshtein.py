import Levenshtein


def use(turn):
    return (
        Levenshtein.distance("kitten" * turn, "sitting" * turn),
        Levenshtein.editops("spam", "park"),
        Levenshtein.median(["spam", "spot", "spark"]),
        round(Levenshtein.jaro_winkler("martha", "marhta"), 6),
        Levenshtein.apply_edit(Levenshtein.editops("a", "b"), "a", "b"),
    )
