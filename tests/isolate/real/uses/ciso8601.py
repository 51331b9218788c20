import ciso8601


def use(turn):
    try:
        ciso8601.parse_datetime("2026-13-01")
        raise AssertionError("parsed")
    except ValueError as error:
        said = str(error)
    made = ciso8601.parse_datetime(f"2026-01-01T00:00:{turn % 60:02}.5+02:00")
    return made.isoformat(), repr(made.utcoffset()), said, repr(ciso8601.parse_datetime_as_naive("20260101T10"))
