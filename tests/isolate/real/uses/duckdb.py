import duckdb


def use(turn):
    with duckdb.connect(":memory:") as connection:
        connection.execute("create table t as select range as n, 'g' || (range % 5) as g from range(?)", [1000 + turn])
        connection.create_function("twice", lambda n: n * 2, ["BIGINT"], "BIGINT")
        rows = connection.execute("select g, sum(twice(n)) s, max(n) from t group by g order by g").fetchall()
        try:
            connection.execute("select wrong from t")
            raise AssertionError("executed")
        except duckdb.BinderException as error:
            said = str(error).splitlines()[0]
        columns = connection.execute("select n from t limit 3").fetchnumpy()
    assert columns["n"].tolist() == [0, 1, 2]
    return rows, said
