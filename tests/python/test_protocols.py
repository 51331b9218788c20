"""Every special method, as CPython itself would use it."""

import asyncio
import gc
import operator
import sys
import types
import unittest
import weakref

import support


class Numbers(unittest.TestCase):
    def setUp(self):
        self.module = support.fresh("protocols")
        self.number = self.module.Number

    def test_operators(self):
        n = self.number(7)
        self.assertEqual((n + 1).value, 8)
        self.assertEqual((1 + n).value, 1008)
        self.assertEqual(n - 2, ("sub", 7, 2))
        self.assertEqual(2 - n, ("rsub", 7, 2))
        self.assertEqual((n * 3, n @ 3, n / 2, n // 2, n % 4, divmod(n, 4)), (21, (7, 3), 3.5, 3, 3, (1, 3)))
        self.assertEqual((n << 1, n >> 1, n & 3, n | 8, n ^ 1, 1 ^ n), (14, 3, 3, 15, 6, 6))
        self.assertEqual((n**2, pow(n, 2, 10), 2**n), (49, 9, 128))
        self.assertEqual((-n, +n, abs(self.number(-3)), ~n, int(n), float(n), operator.index(n), round(n)),
                         (-7, 7, 3, -8, 7, 7.0, 7, 0))
        self.assertEqual([0] * self.number(3), [0, 0, 0])
        with self.assertRaises(ZeroDivisionError):
            n / 0

    def test_operators_of_subclasses_find_the_state(self):
        """I19: on either side, where the operand's own type is not the class that has the slot."""
        for cls in (type("Sub", (self.number,), {}), type("SubSub", (type("Sub", (self.number,), {}),), {"__slots__": ()})):
            for result, value in ((cls(7) + 1, 8), (1 + cls(7), 1008), (cls(7) + self.number(1), 8)):
                self.assertEqual((type(result), result.value), (self.number, value))

    def test_in_place(self):
        n = same = self.number(7)
        n += 5
        self.assertIs(n, same)
        self.assertEqual(n.value, 12)
        n **= 2
        self.assertIs(n, same)
        self.assertEqual(n.value, 144)
        n *= 2
        self.assertEqual(n, 288)

    def test_operands_of_unknown_types_are_left_to_the_other_side(self):
        class Other:
            def __radd__(self, other):
                return "theirs"

            __rpow__ = __lt__ = __eq__ = __iadd__ = __radd__

        n = self.number(7)
        self.assertEqual(n + Other(), "theirs")
        self.assertEqual(n**Other(), "theirs")
        self.assertEqual(n > Other(), "theirs")
        self.assertEqual(n == Other(), "theirs")
        for function in (operator.add, operator.sub, operator.lt, operator.pow, operator.iadd):
            for args in ((n, "text"), ("text", n), (n, None)):
                with self.subTest(function=function, args=args), self.assertRaises(TypeError):
                    function(*args)
        self.assertIs(n.__add__("text"), NotImplemented)
        self.assertIs(n == "text", False)
        self.assertIs(n != "text", True)

    def test_subclasses(self):
        class Sub(self.number):
            def __radd__(self, other):
                return "sub"

        self.assertEqual(self.number(1) + Sub(1), "sub")
        self.assertEqual((Sub(1) + 1).value, 2)
        self.assertEqual(1 + Sub(1), "sub")

    def test_two_copies_of_the_module(self):
        other = support.fresh("protocols").Number
        self.assertIs(type(self.number(1) + other(1)), self.number, "through __index__")
        self.assertFalse(self.number(1) == other(1))
        self.assertTrue(self.number(1) != other(1))
        with self.assertRaises(TypeError):
            self.number(1) < other(1)

    def test_comparisons(self):
        one, two = self.number(1), self.number(2)
        self.assertEqual((one < two, one <= two, one == two, one != two, one > two, one >= two),
                         (True, True, False, True, False, False))
        with self.assertRaises(TypeError):
            hash(one)
        self.assertIsNone(self.number.__hash__)
        a, b = self.module.Hashable(1), self.module.Hashable(1)
        self.assertEqual({a: 1}[b], 1)
        self.assertEqual(a != b, "asked")
        self.assertEqual((a > b, a >= b, a < b), (False, True, False))

    def test_errors_of_operands_are_not_swallowed(self):
        class Index:
            def __index__(self):
                raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            self.number(1) + Index()
        with self.assertRaises(OverflowError):
            self.number(1) + 2**100


class Versatile(unittest.TestCase):
    def setUp(self):
        self.module = support.fresh("protocols")
        self.cls = self.module.Versatile

    def test_call(self):
        instance = self.cls()
        self.assertEqual(instance(1), (1, [], 1))
        self.assertEqual(instance(1, 2, 3, b=4), (1, [2, 3], 4))
        self.assertEqual(instance(a=1), (1, [], 1))
        with self.assertRaisesRegex(TypeError, "missing required argument 'a'"):
            instance()
        with self.assertRaises(TypeError):
            instance(1, c=2)

    def test_descriptor(self):
        descriptor = self.cls()
        owner = type("Owner", (), {"field": descriptor})
        instance = owner()
        self.assertIs(owner.field, descriptor)
        self.assertIsNone(instance.field)
        instance.field = "stored"
        self.assertEqual(instance.field, "stored")
        self.assertIs(descriptor.__get__(instance), instance)
        with self.assertRaises(TypeError):
            descriptor.__get__(None, None)
        with self.assertRaisesRegex(AttributeError, "__delete__"):
            del instance.field

    def test_context_manager(self):
        with self.cls() as entered:
            raise KeyError("suppressed")
        self.assertIsInstance(entered, self.cls)

    def test_asynchronous(self):
        async def run():
            seen = []
            async for item in self.cls():
                seen.append(item)
            self.assertIsNone(await self.cls())
            return len(seen)

        self.assertEqual(asyncio.run(run()), 3)

    def test_generic_alias(self):
        alias = self.cls[int]
        self.assertIsInstance(alias, types.GenericAlias)
        self.assertIs(alias.__origin__, self.cls)

    def test_class_attributes(self):
        self.assertEqual(self.cls.LIMIT, 10)
        self.assertEqual(self.cls().LIMIT, 10)
        self.assertEqual(self.cls.marker, [1, 2])
        self.assertIs(self.cls.marker, self.cls.marker)
        self.assertIsNot(self.cls.marker, support.fresh("protocols").Versatile.marker)
        with self.assertRaises(TypeError):
            self.cls.LIMIT = 11

    def test_class_and_static_methods(self):
        sub = type("Sub", (self.cls,), {})
        for cls in (self.cls, sub):
            called_on, made = cls.make(**{"with": 1})
            self.assertIs(called_on, cls)
            self.assertIs(type(made), self.cls)
            self.assertEqual((cls.sum(1, 2), cls().sum(3, 4), cls.difference(), cls.difference(5, b=1)), (3, 7, -1, 4))
            with self.assertRaises(TypeError):
                cls.sum(1)
            with self.assertRaises(TypeError):
                cls.make(1)

    def test_dict_and_weak_references(self):
        for cls in (self.cls, type("Sub", (self.cls,), {}), type("Slotted", (self.cls,), {"__slots__": ("a",)})):
            with self.subTest(cls):
                instance = cls()
                instance.attribute = instance
                self.assertEqual(instance.__dict__, {"attribute": instance})
                self.assertEqual(gc.get_referents(instance).count(cls), 1)
                died = []
                reference = weakref.ref(instance, died.append)
                del instance
                self.assertEqual(died, [])
                gc.collect()
                self.assertIsNone(reference())
                self.assertEqual(len(died), 1)
                instance = cls()
                reference = weakref.ref(instance)
                del instance
                self.assertIsNone(reference())
        with self.assertRaises(TypeError):
            weakref.ref(self.module.Number(1))
        with self.assertRaises(AttributeError):
            self.module.Number(1).attribute = 1


class Death(unittest.TestCase):
    def setUp(self):
        self.mortal = support.fresh("protocols").Mortal

    def classes(self):
        return (self.mortal, type("Sub", (self.mortal,), {}))

    def test_finaliser_runs_once(self):
        for cls in self.classes():
            seen = []
            instance = cls(lambda args: seen.append((id(args[0]), args[1])))
            expected = [(id(instance), True)]
            del instance
            self.assertEqual(seen, expected)

    def test_resurrection(self):
        for cls in self.classes():
            kept = []
            instance = cls(lambda args: kept.append(args[0]))
            address = id(instance)
            del instance
            revived, = kept
            self.assertEqual(id(revived), address)
            self.assertTrue(gc.is_tracked(revived))
            revived.next = "usable"
            self.assertEqual(revived.next, "usable")
            reference = weakref.ref(revived)
            del revived
            kept.clear()
            self.assertIsNone(reference(), "dies the second time, without its finaliser")
            self.assertEqual(kept, [])

    def test_finaliser_in_a_cycle(self):
        for cls in self.classes():
            seen = []
            instance = cls(lambda args: seen.append(args[0].next is args[0]))
            instance.next = instance
            del instance
            gc.collect()
            self.assertEqual(seen, [True])

    def test_error_in_a_finaliser_is_unraisable(self):
        def fail(_):
            raise KeyError("in __del__")

        hook, seen = sys.unraisablehook, []
        sys.unraisablehook = lambda unraisable: seen.append(unraisable.exc_type)
        try:
            try:
                raise ZeroDivisionError
            except ZeroDivisionError:
                self.mortal(fail)
                self.assertIs(sys.exc_info()[0], ZeroDivisionError)
        finally:
            sys.unraisablehook = hook
        self.assertEqual(seen, [KeyError])

    def test_finaliser_at_shutdown(self):
        support.in_process("""
            protocols = support.fresh("protocols")
            # Dies with the interpreter's last modules, when its own may be gone.
            import sys
            kept = protocols.Mortal(lambda args: None)
            kept.next = kept
            sys.kept = kept
            del protocols, kept
        """)

    def test_a_chain_of_a_million_dies(self):
        for expression in ("protocols.Link", "type('Sub', (protocols.Link,), {})"):
            out = support.in_process(f"""
                import threading
                protocols = support.fresh("protocols")
                cls = {expression}
                def run():
                    link = None
                    for _ in range(1_000_000):
                        link = cls(link)
                    del link
                    print("dead")
                # On a small stack, too: a build without optimisation needs more for each.
                threading.stack_size({256 << 10 if expression == "protocols.Link" else 1 << 20})
                thread = threading.Thread(target=run)
                thread.start(); thread.join()
            """, timeout=120)
            self.assertEqual(out, "dead\n")


# The usual one. Only for 3.13 modules are built with optimisation; without it each call takes several times as much.
STACK = (8 if sys.version_info[:2] == (3, 13) else 64) << 20


class Nesting(unittest.TestCase):
    """S13: slots that hand on to other objects nest as deep as CPython's own, which look at no limit either."""

    def deep(self, make, inner, ask, depth=50_000):
        return support.in_process(f"""
            import os, threading
            protocols = support.fresh("protocols")
            def run():
                nested = {inner}
                for _ in range({depth}):
                    nested = {make}(nested)
                print({ask}, flush=True)
                os._exit(0)
            threading.stack_size({STACK})
            thread = threading.Thread(target=run)
            thread.start(); thread.join()
        """)

    def test_slots_hand_on_as_deep_as_those_of_map(self):
        self.assertEqual(self.deep("(lambda inner: map(int, inner))", "iter([7])", "next(nested)"), "7\n")
        for inner, ask, answer in (
            ("{1: 7}", "len(nested)", "1"),
            ("{1: 7}", "nested[1]", "7"),
            ("{1: 7}", "1 in nested", "True"),
            ("7", "hash(nested)", "7"),
            ("iter([7])", "next(nested)", "7"),
        ):
            with self.subTest(ask=ask):
                self.assertEqual(self.deep("protocols.Proxy", inner, ask), answer + "\n")


class SharedOwnership(unittest.TestCase):
    def setUp(self):
        self.module = support.fresh("protocols")

    def test_nodes_are_shared_and_unseen(self):
        self.assertFalse(hasattr(self.module, "Node"))
        one = self.module.Chain().push(1)
        two, three = one.push(2), one.push(3)
        self.assertEqual((one.items(), two.items(), three.items()), ([1], [2, 1], [3, 1]))
        shared = [gc.get_referents(*gc.get_referents(chain)) for chain in (two, three)]
        node = {type(each).__name__: each for each in gc.get_referents(one)}["Node"]
        for seen in shared:
            self.assertEqual(sum(each is node for each in seen), 1)
        with self.assertRaises(TypeError):
            type(node)()

    def test_a_node_with_two_owners_is_not_collected_with_one(self):
        class Flag:
            pass

        flag, holder = Flag(), []
        shared = self.module.Chain().push((flag, holder))
        one, two = shared.push("one"), shared.push("two")
        holder.append(one)
        alive = weakref.ref(flag)
        del flag, shared, one, holder
        gc.collect()
        self.assertIsNotNone(alive(), "the other list still owns the node")
        self.assertIs(type(two.items()[1][0]), Flag)
        del two
        gc.collect()
        self.assertIsNone(alive())


if __name__ == "__main__":
    unittest.main()
