import tree_sitter


def use(turn):
    try:
        tree_sitter.Language(0)
        raise AssertionError("made")
    except (ValueError, TypeError) as error:
        said = type(error).__name__
    parser = tree_sitter.Parser()
    assert parser.language is None
    return said, tree_sitter.Point(turn, 2), tree_sitter.LANGUAGE_VERSION
