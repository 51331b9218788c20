import charset_normalizer
from charset_normalizer import md


def use(turn):
    text = "Les élèves français étudient à l'école où naît l'été, déjà. " * (turn % 5 + 3)
    found = charset_normalizer.from_bytes(text.encode("cp1252")).best()
    assert found is not None
    return found.encoding, found.language, str(found)[:40], round(md.mess_ratio(text), 6)
