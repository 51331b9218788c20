import pickle

import regex


def use(turn):
    pattern = regex.compile(r"(?P<word>\p{L}+)(?:\s+(?P<word2>\p{L}+)){e<=1}", regex.V1)
    assert pickle.loads(pickle.dumps(pattern)).pattern == pattern.pattern
    found = regex.findall(r"(?:dog|cat){e<=1}", "dug cot cat " * turn)
    try:
        regex.compile("(a")
        raise AssertionError("compiled")
    except regex.error as error:
        said = str(error)
    swapped = regex.sub(r"\b(\w)(\w*)", lambda match: match[2] + match[1], "one two three")
    return (
        found[:20],
        said,
        swapped,
        [match.group() for match in regex.finditer(r"\X", "e\u0301a")],
        regex.split("[,;]", "a,b;c"),
    )
