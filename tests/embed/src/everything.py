# Uses every feature of the module `everything`; `kept` is what no two interpreters may share.
import everything as e
import gc
import sys


def use(e):
    assert e.sentinel() == ["sentinel"]
    assert e.signature(1, 2, 3, 4, d=5.0, e="f", g=7) == ((1, 2, 3), [4], (5.0, "f"), {"g": 7})
    assert e.keep("a", e) > 0
    record = {"name": "n", "numbers": [1.0], "table": {"a": 1}, "pair": (None, True), "object": e}
    assert e.echo(record) == record
    assert e.objects(lambda *args: args)["called"] == (1, "two")
    assert (e.parse("7"), e.sum_detached([1, 2])) == (7, 3)
    e.count_process_wide()
    try:
        e.fails("x")
    except e.Failure as error:
        assert type(error) is e.Detail and error.__notes__ == ["a note"]
    try:
        e.panics("oh", really=True)
    except BaseException as error:
        panic = type(error)
    account = e.Account("me", 1)
    account.note = account.attribute = account
    account.deposit(by=3)
    savings = e.Savings("me", 0.5)
    savings.note = [savings]
    class Sub(e.Account, option=1):
        pass
    assert len(Sub("sub", 2)) == 2 and account + account == 8
    assert e.is_account(savings) and e.owner_of(savings) == "me"
    table = e.Table()
    table.default = table["self"] = table
    assert e.Point(1, y=2).__reduce__()[1] == (1, 2)
    assert e.Tag(3).sentinel() is e.sentinel() and e.Tag(3) + 1 == 1004
    adopted = e.Adopted([("a", 1)])
    adopted.slot = adopted["self"] = adopted
    assert adopted.text() == e.text_of(adopted) == "adopted"
    readopted = e.Readopted([("a", 1)])
    readopted.slot = readopted.other = readopted
    assert readopted.text() == "adopted" and readopted.other_sentinel() is e.sentinel()
    assert e.Frozen([1, 2]).number == 5
    counted = e.Counted()
    counted.remember(counted)
    assert e.Recounted().census_of()[:2] == (e.Counted, counted.made)
    for wrong in (lambda: e.parse("x"), lambda: e.signature(), lambda: e.owner_of(1), lambda: e.Private(1).__reduce__()):
        try:
            wrong()
        except (TypeError, ValueError):
            pass
        else:
            raise AssertionError("did not raise")
    return panic


kept = [e, use(e), e.sentinel(), e.Failure, e.Detail] + [value for value in vars(e).values() if isinstance(value, type)]
# The names of parameters, which the module interns. Before 3.12 CPython itself shares such strings between all interpreters.
names = [each for each in gc.get_referents(e) if each == "balance"]
assert names
kept += names if sys.version_info >= (3, 12) else []
kept = list({id(each): each for each in kept}.values())
gc.collect()
