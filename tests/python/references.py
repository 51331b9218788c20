"""No reference is lost: on a debug build of CPython, which counts all references of the process, their number stays as it is.

Run by `cargo xtask test --only references`.
"""

import ctypes
import gc
import io
import os
import sys
import threading
import unittest
import warnings

import support

USE = os.path.join(os.path.dirname(__file__), "..", "embed", "src", "everything.py")
with open(USE) as file:
    EVERYTHING = compile(file.read(), "everything.py", "exec")

# Rust reports each panic there, too.
os.environ["RUST_BACKTRACE"] = "0"


def total():
    gc.collect()
    gc.collect()
    # The cache of type attributes holds their names.
    sys._clear_type_cache()
    return sys.gettotalrefcount()


def stretches(work):
    """How many references each stretch of twenty rounds leaves behind: until two in a row leave none, at most ten.

    The interpreter's own caches fill at first; a leak would grow in every stretch.
    """
    grown = [None] * 10
    for stretch in range(len(grown)):
        before = total()
        for _ in range(20):
            work()
        grown[stretch] = total() - before
        if grown[stretch - 1 : stretch + 1] == [0, 0]:
            break
    return grown[: stretch + 1]


def use(module):
    sys.modules["everything"] = module
    exec(EVERYTHING, {})
    del sys.modules["everything"]


def raised(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except BaseException as error:
        return type(error)
    raise AssertionError("did not raise")


class References(unittest.TestCase):
    def setUp(self):
        stderr = sys.stderr
        self.addCleanup(setattr, sys, "stderr", stderr)
        sys.stderr = io.StringIO()
        warnings.simplefilter("ignore")

    def assert_flat(self, work):
        grown = stretches(work)
        self.assertEqual(grown[-2:], [0, 0], grown)

    def test_this_is_a_build_that_counts(self):
        # Also those of the module: it was compiled for this build.
        self.assertTrue(hasattr(sys, "gettotalrefcount"))
        everything, kept = support.fresh("everything"), [None] * 1000
        before = total()
        for place in range(len(kept)):
            kept[place] = everything.sentinel()[0]
        self.assertGreaterEqual(total() - before, 1000)

    def test_a_lost_reference_is_seen(self):
        lost = object()
        everything = support.fresh("everything")

        def work():
            use(everything)
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(lost))

        self.assertEqual(stretches(work)[-2:], [20, 20])

    def test_imports(self):
        self.assert_flat(lambda: use(support.fresh("everything")))

    def test_module_objects_that_were_not_executed(self):
        def work():
            module, _ = support.unexecuted("everything")
            raised(module.sentinel)

        self.assert_flat(work)

    def test_every_feature_of_one_module_object(self):
        everything = support.fresh("everything")
        self.assert_flat(lambda: use(everything))

    def test_instances(self):
        e = support.fresh("everything")

        class Sub(e.Savings):
            pass

        def work():
            account, savings, sub = e.Account("me", 1), e.Savings("me", 0.5), Sub("me", 0.5)
            account.note, savings.note, sub.note = sub, account, savings
            sub.attribute = sub
            table, adopted, counted, stateful = e.Table(), e.Adopted([("a", 1)]), e.Counted(), e.Stateful()
            table["self"] = table.default = adopted["self"] = adopted.slot = table
            counted.remember(counted)
            stateful.value = stateful
            e.Point(1, y=2).__reduce__()
            e.Tag(2**70).sentinel()
            e.Frozen(iter("ab")), e.Recounted().number(), e.make_adopted(), e.keep("name", account)

        self.assert_flat(work)

    def test_exceptions(self):
        e = support.fresh("everything")
        account = e.Account("me", 1)

        def work():
            self.assertIs(raised(e.fails, "message"), e.Detail)
            self.assertIs(raised(e.parse, "x"), ValueError)
            raised(e.signature), raised(e.signature, "x"), raised(e.Point, 1, z=3), raised(e.Point, 1, x=1)
            raised(e.owner_of, 1), raised(e.echo, {}), raised(e.keep, 1, 2), raised(e.objects, 1), raised(e.Account, 1)
            raised(setattr, account, "balance", "x"), raised(setattr, account, "owner", "x"), raised(delattr, account, "balance")
            raised(lambda: account + 1), raised(e.Private(1).__reduce__), raised(object.__new__, e.Point)
            raised(e.Frozen, 1), raised(e.Adopted, 1, 2, 3), raised(type, "S", (e.Point, e.Account), {})

        self.assert_flat(work)

    def test_panics(self):
        e = support.fresh("everything")
        self.assert_flat(lambda: raised(e.panics, "oh", really=True))

    def test_roots_and_other_threads(self):
        rooted = support.fresh("rooted")

        def work():
            number = rooted.keep(lambda number: number + 1)
            self.assertEqual(rooted.call_on_thread(number, 1), "2")
            threads = [threading.Thread(target=rooted.bind, args=(number,)) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            rooted.forget(number)
            # What was given up is released by the next who comes with a root.
            rooted.forget_on_thread(rooted.keep(None))

        self.assert_flat(work)


if __name__ == "__main__":
    unittest.main()
