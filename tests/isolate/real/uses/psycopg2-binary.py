import psycopg2
from psycopg2 import extensions, sql


def use(turn):
    try:
        psycopg2.connect("host=/nonexistent dbname=x connect_timeout=1")
        raise AssertionError("connected")
    except psycopg2.OperationalError as error:
        said = str(error)[:60]
    quoted = extensions.adapt(f"it's {turn}")
    quoted.encoding = "utf-8"
    array = extensions.adapt([1, turn, None]).getquoted()
    parsed = extensions.parse_dsn("dbname=x user=y")
    number = extensions.FLOAT("1.5", None)
    return (
        said,
        quoted.getquoted(),
        array,
        parsed,
        number,
        psycopg2.Binary(b"\0x").getquoted(),
        repr(sql.Identifier("a")),
    )
