"""Options of classes: changing them from Python, attributes that are fields, names, pickling."""

import copy
import pickle
import sys
import types
import unittest
import weakref

import support


class Members(unittest.TestCase):
    def setUp(self):
        self.module = support.fresh("everything")
        self.account = self.module.Account("me", 5)

    def test_fields_are_attributes(self):
        account = self.account
        self.assertEqual((account.owner, account.balance, account.note, account.tags), ("me", 5, None, ["new"]))
        account.balance, account.note = -7, account
        self.assertEqual((account.balance, account.note), (-7, account))
        self.assertEqual(account.deposit(), -6)
        self.assertEqual(self.module.Account.owner.__doc__, "Who it belongs to.")
        self.assertIsInstance(self.module.Account.balance, types.GetSetDescriptorType)

    def test_what_does_not_fit(self):
        for name, value, error in (("owner", "you", AttributeError), ("tags", [], AttributeError), ("balance", "1", TypeError),
                                   ("balance", 2**63, OverflowError)):
            with self.subTest(name), self.assertRaises(error):
                setattr(self.account, name, value)
        for name in ("owner", "balance", "note"):
            with self.assertRaises(AttributeError):
                delattr(self.account, name)
        self.assertEqual((self.account.owner, self.account.balance), ("me", 5))


class Names(unittest.TestCase):
    def test_module_and_qualname(self):
        module = support.fresh("everything")
        account, failure = module.Account, module.Failure
        self.assertEqual((account.__module__, account.__name__, account.__qualname__), ("package", "Account", "Outer.Account"))
        self.assertEqual(repr(account), "<class 'package.Outer.Account'>")
        self.assertEqual((failure.__module__, failure.__qualname__), ("package.everything", "Failure"))
        self.assertEqual(module.Savings.__module__, "everything")

    def test_match_args(self):
        module = support.fresh("everything")
        match module.Account("me", 5):
            case module.Account(owner, 5):
                self.assertEqual(owner, "me")
            case _:
                self.fail("no match")
        match module.Point(1, 2):
            case module.Point(1, y=y):
                self.assertEqual(y, 2)
            case _:
                self.fail("no match")

    def test_init_subclass(self):
        account = support.fresh("everything").Account

        class Sub(account, option=[1]):
            pass

        self.assertEqual(Sub.made_with, {"option": [1]})
        self.assertFalse(hasattr(account, "made_with"))
        self.assertIsInstance(account[int], types.GenericAlias)


class Mutable(unittest.TestCase):
    """G8: where Python code may replace the constructor, every use of an instance asks whether it was made by the right one."""

    def test_attributes_of_the_class_can_be_set(self):
        account = support.fresh("everything").Account
        account.extra = 1
        account.deposit = lambda self: "replaced"
        self.assertEqual((account("me").extra, account("me").deposit()), (1, "replaced"))
        del account.extra, account.deposit
        with self.assertRaises(AttributeError):
            account("me").deposit()

    def test_calls_ask_for_what_was_replaced(self):
        account = support.fresh("everything").Account
        seen = []
        account.__init__ = lambda self, *args: seen.append(args)
        self.assertEqual((account("me").owner, seen), ("me", [("me",)]))
        account.__new__ = lambda cls, *args: (cls, args)
        self.assertEqual(account("me"), (account, ("me",)))

    def test_a_finaliser_that_comes_later_is_called(self):
        module = support.fresh("everything")
        seen = []
        module.Account.__del__ = lambda self: seen.append(type(self))
        module.Account("me")
        module.Savings("me", 0.5)
        self.assertEqual(seen, [module.Account, module.Savings])

    def test_an_object_without_fields_is_refused_everywhere(self):
        out = support.in_process("""
            import gc, weakref
            module = support.fresh("everything")
            Account, Savings = module.Account, module.Savings
            whole = Account("whole", 1)
            Account.__new__ = lambda cls, *args: object.__new__(cls)
            whole_savings = Savings("savings", 0.5)
            class Sub(Account): pass
            Savings.__new__ = lambda cls, *args: object.__new__(cls)
            for cls in (Account, Sub, Savings, type("SubSub", (Savings,), {})):
                empty = cls("me")
                assert type(empty) is cls
                uses = [lambda: empty.owner, lambda: empty.balance, lambda: empty.deposit(), lambda: empty.sentinel(),
                        lambda: empty(), lambda: len(empty), lambda: empty + whole, lambda: whole + empty,
                        lambda: module.owner_of(empty), lambda: setattr(empty, "balance", 1), lambda: setattr(empty, "note", 1)]
                if isinstance(empty, Savings):
                    uses += [lambda: empty.rate, lambda: empty.first, lambda: setattr(empty, "rate", 1.0)]
                for number, use in enumerate(uses):
                    try:
                        result = use()
                    except RuntimeError as error:
                        assert "was made without the __new__ of its class" in str(error), error
                    else:
                        raise AssertionError(f"use {number} of {cls}: {result!r}")
                assert not module.is_account(empty) and module.is_account(whole)
                assert [each for each in gc.get_referents(empty) if each is cls] == [cls]
                empty.attribute = empty
                reference = weakref.ref(empty)
                del empty, use, uses
                gc.collect()
                assert reference() is None
            assert (whole + whole, whole_savings.rate, whole_savings.owner) == (2, 0.5, "savings")
            print("done")
        """)
        self.assertEqual(out, "done\n")

    def test_the_constructor_of_the_base_alone_is_not_enough(self):
        support.in_process("""
            module = support.fresh("everything")
            make = module.Account.__new__
            module.Savings.__new__ = lambda cls, *args: make(cls, "base only")
            half = module.Savings("me")
            assert half.owner == "base only"
            try:
                half.rate
            except RuntimeError:
                pass
            else:
                raise AssertionError("did not raise")
        """)


class DefiningClass(unittest.TestCase):
    """G15: the module is found from the class that defines a method, whatever the type looks like."""

    def test_class_that_is_no_base_in_layout(self):
        module = support.fresh("everything")

        class Plain(int):
            pass

        class Mixed(Plain, module.Tag):
            pass

        self.assertEqual((Mixed.__base__, module.Tag in Mixed.__mro__), (Plain, True))
        self.assertIs(Mixed(3).sentinel(), module.sentinel())
        self.assertEqual(Mixed(3) + 1, 1004)

    def test_type_that_the_collector_has_cleared(self):
        out = support.in_process("""
            import ctypes
            def mixed(module):
                class Plain(int): pass
                class Mixed(Plain, module.Tag): pass
                return Mixed(3)
            # tp_clear of `type`, as the collector calls it for a type that it found unreachable.
            clear = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object)(ctypes.c_void_p.from_address(id(type) + support.TP_CLEAR).value)
            for make in (lambda module: module.Tag(3), mixed, lambda module: module.Account("me"),
                         lambda module: module.Savings("me", 0.5)):
                instance = make(support.fresh("everything"))
                cls = type(instance)
                # Bound before: CPython would not find them any more.
                methods = [getattr(instance, name) for name in ("sentinel", "__add__", "__del__") if hasattr(instance, name)]
                clear(cls)
                for method in methods:
                    arguments = (1,) if method.__name__ == "__add__" else ()
                    try:
                        print(method.__name__, method(*arguments))
                    except (RuntimeError, TypeError) as error:
                        print(method.__name__, error)
                instance = cls = method = methods = None
            print("done")
        """)
        raised = out.count("sentinel module 'everything' is not initialised\n")
        # What derives from the class that was cleared still finds its module.
        found = out.count("sentinel ['sentinel']\n")
        self.assertEqual((raised, found), (3, 1), out)
        self.assertTrue(out.endswith("done\n"), out)


class Pickling(unittest.TestCase):
    def setUp(self):
        self.module = sys.modules["everything"] = support.fresh("everything")
        self.addCleanup(sys.modules.pop, "everything")

    def test_a_class_that_does_not_say_how_refuses(self):
        module = self.module
        instances = [module.Private(1), module.Table(), module.Account("me"), module.Savings("me", 1.0)]
        for instance in instances:
            name = f"{type(instance).__module__}.{type(instance).__name__}"
            attempts = [lambda: copy.copy(instance), lambda: copy.deepcopy(instance), instance.__reduce__]
            attempts += [lambda: pickle.dumps(instance, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
            attempts += [lambda: instance.__reduce_ex__(protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
            for attempt in attempts:
                with self.subTest(name), self.assertRaisesRegex(TypeError, f"^cannot pickle '{name}' object$"):
                    attempt()

    def test_a_subclass_can_say_how(self):
        cls = type("Sub", (self.module.Private,), {"__reduce__": lambda self: (cls, (self.number,)), "__module__": "everything"})
        self.module.Sub = cls
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            self.assertEqual(pickle.loads(pickle.dumps(cls(5), protocol)).number, 5)
        self.assertEqual(copy.copy(cls(6)).number, 6)

    def test_a_class_that_says_how(self):
        point = self.module.Point(1, 2)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(point, protocol))
            self.assertEqual((type(again), again.x, again.y), (self.module.Point, 1, 2))
        stateful = self.module.Stateful()
        stateful.value = [1, 2]
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(stateful, protocol))
            self.assertEqual((type(again), again.value), (self.module.Stateful, [1, 2]))
        self.assertIs(copy.copy(stateful).value, stateful.value)

    def test_what_pickles_as_its_base(self):
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            tag = pickle.loads(pickle.dumps(self.module.Tag(2**70), protocol))
            self.assertEqual((type(tag), int(tag)), (self.module.Tag, 2**70))


if __name__ == "__main__":
    unittest.main()
