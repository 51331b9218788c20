from yarl import URL


def use(turn):
    made = URL("http://user@example.org:8080/a%20b/c") / f"t {turn}" % {"q": "ü", "n": turn}
    try:
        URL("http://[1")
        raise AssertionError("made")
    except ValueError as error:
        said = str(error)
    return str(made), made.path, made.query["q"], made.raw_query_string, said, str(made.join(URL("../x")))
