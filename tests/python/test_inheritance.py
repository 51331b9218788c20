"""Classes that derive from built-in types and from each other; Python classes that derive from them."""

import copy
import gc
import sys
import unittest
import weakref

import support


class Base(unittest.TestCase):
    def setUp(self):
        self.module = support.fresh("inheritance")

    def with_subclasses(self, cls):
        slotted = type("Slotted", (cls,), {"__slots__": ("extra",)}) if cls.__itemsize__ == 0 else cls
        return cls, type("Sub", (cls,), {}), type("Mixed", (type("Mixin", (), {}), cls), {}), slotted


class BuiltinTypes(Base):
    def test_dict(self):
        default = ["default"]
        for cls in self.with_subclasses(self.module.Registry):
            with self.subTest(cls):
                registry = cls(default)
                registry["a"] = 1
                self.assertEqual((registry, registry["missing"], registry.misses), ({"a": 1}, default, 1))
                registry.update(b=2)
                self.assertEqual((registry.size(), list(registry), registry | {"c": 3}), (2, ["a", "b"], {"a": 1, "b": 2, "c": 3}))
                self.assertIs(registry.sentinel(), self.module.Registry(None).sentinel())
                self.assertIsInstance(registry, dict)
                referents = gc.get_referents(registry)
                self.assertEqual([referents.count(each) for each in (cls, default, 1, 2)], [1, 1, 1, 1])
        self.assertEqual(self.module.make_registry(5), {"[1]": 5})

    def test_list_and_keyword_constructor(self):
        for cls in self.with_subclasses(self.module.Stack):
            stack = cls(name="stack")
            stack.append(stack)
            stack.attribute = 1
            self.assertEqual((len(stack), stack[0] is stack, stack.name), (1, True, "stack"))
            with self.assertRaises(TypeError):
                cls([1, 2])

    def test_what_a_constructor_collects_fills_the_builtin_part(self):
        module = self.module
        for cls in self.with_subclasses(module.Labelled):
            self.assertEqual((cls(), cls().label), ([], ("", 0)))
            labelled = cls(range(3), label="three")
            self.assertEqual((labelled, labelled.label, type(labelled)), ([0, 1, 2], ("three", 1), cls))
            self.assertEqual(cls.__new__(cls, "ab"), [])
            self.assertIsNone(labelled.__init__("xy", label="not for the list"))
            self.assertEqual((labelled, labelled.label), (["x", "y"], ("three", 1)))
            with self.assertRaisesRegex(TypeError, "list expected at most 1 argument, got 2"):
                cls([1], [2])
            with self.assertRaisesRegex(TypeError, "'int' object is not iterable"):
                cls(1)
            with self.assertRaises(ZeroDivisionError):
                cls(1 / 0 for _ in "a")

        class Own(module.Labelled):
            def __init__(self, *items, label="", twice=False):
                super().__init__(items * 2)

        self.assertEqual((Own(1, 2), Own(label="l").label), ([1, 2, 1, 2], ("l", 0)))
        for cls in self.with_subclasses(module.Defaults):
            defaults = cls(5, {"a": 1}, b=2, default=3)
            self.assertEqual((defaults, defaults["missing"]), ({"a": 1, "b": 2, "default": 3}, 5))
            self.assertEqual((cls(), cls(None, [("k", "v")]), cls(**{"": 1})), ({}, {"k": "v"}, {"": 1}))
        counting = module.Counting([("a", 1)], b=2)
        self.assertEqual((counting, counting.given), ({"a": 1, "b": 2}, 1))
        self.assertEqual((module.Sealed(3), module.Sealed(3).count, module.Sealed(3).label), ([], 3, ("sealed", 0)))
        self.assertEqual((module.Registry([1]), len(module.Stack(name="n"))), ({}, 0))

    def test_what_fills_the_builtin_part_is_released(self):
        value = ["value"]
        for make in (lambda: self.module.Labelled([value]), lambda: self.module.Defaults(value, a=value)):
            before = sys.getrefcount(value)
            for _ in range(100):
                make()
            for _ in range(100):
                self.assertRaises(TypeError, self.module.Labelled, value, value)
            self.assertLess(abs(sys.getrefcount(value) - before), 5)

    def test_exception_with_fields(self):
        for cls in self.with_subclasses(self.module.Problem):
            try:
                raise cls(5, "detail")
            except ValueError as raised:
                problem = raised
            self.assertEqual((problem.code, problem.detail, problem.args, str(problem)), (5, "detail", (5, "detail"), "(5, 'detail')"))
            self.assertIsNotNone(problem.__traceback__)
            again = copy.copy(cls(6))
            self.assertEqual((type(again), again.code), (cls, 6))
        with self.assertRaises(self.module.Problem) as caught:
            self.module.raise_problem(9)
        self.assertEqual(caught.exception.code, 9)

    def test_types_without_room_for_fields(self):
        module = self.module
        self.assertEqual((module.Tag(21).doubled(), module.Tag(3) + 1, module.Tag("7")), (42, 4, 7))
        self.assertEqual((module.Ratio(0.5) * 2, module.Raw(b"ab"), module.Pair((1, 2)).first()), (1.0, b"ab", 1))
        self.assertEqual((module.Bare(a=1), type(module.Bare())), ({"a": 1}, module.Bare))
        for cls, value in ((module.Tag, 2**100), (module.Ratio, 0.5), (module.Raw, b"x" * 100), (module.Pair, ([1], [2])),
                           (module.Bare, {"a": [1]})):
            for each in self.with_subclasses(cls) if cls in (module.Tag, module.Pair) else (cls,):
                instance = each(value)
                self.assertEqual(gc.get_referents(instance).count(each), 1, each)
                before = support.references(each)
                for _ in range(100):
                    each(value)
                self.assertLess(abs(support.references(each) - before), 5, each)
        inner = ["inner"]
        self.assertEqual(gc.get_referents(module.Pair((inner,))).count(inner), 1)

    def test_constructor_is_not_bypassed(self):
        for expression in ("dict.__new__(module.Registry)", "dict.__new__(S)", "module.Registry.__new__(module.Registry)",
                           "ValueError.__new__(module.Problem)", "BaseException.__new__(module.Problem, 1)",
                           "module.Registry.fromkeys([1])", "list.__new__(module.Stack)",
                           "object.__new__(module.Registry)", "copy.copy(module.Registry(1))",
                           "pickle.loads(pickle.dumps(module.Problem('no')))"):
            with self.subTest(expression):
                support.in_process(f"""
                    import copy, pickle, sys
                    module = sys.modules["inheritance"] = support.fresh("inheritance")
                    S = type("S", (module.Registry,), {{}})
                    try:
                        result = {expression}
                    except TypeError:
                        pass
                    else:
                        raise AssertionError(f"did not raise: {{result}}")
                """)

    def test_layouts_cannot_be_mixed(self):
        module, other = self.module, support.fresh("inheritance")
        for bases in ((module.Registry, list), (module.Registry, module.Stack), (module.Registry, other.Registry)):
            with self.assertRaises(TypeError):
                type("S", bases, {})
        with self.assertRaises(TypeError):
            type("Sub", (module.Registry,), {})(1).__class__ = type("Sub", (other.Registry,), {})


class OwnClasses(Base):
    def test_fields_of_every_level(self):
        module = self.module
        for cls in self.with_subclasses(module.Ring):
            ring = cls("ring", ["inner"])
            self.assertEqual((ring.name, ring.inner, ring.describe(), ring.alive(), module.area(ring)),
                             ("ring", ["inner"], "ring 2", "yes", 12.0))
            ring.name, ring.centre, ring.attribute = "new", (0, 0), 1
            self.assertEqual((ring.name, ring.centre, ring.__dict__), ("new", (0, 0), {"attribute": 1}))
            self.assertIs(ring.sentinel(), module.Shape("x").sentinel())
            self.assertEqual(cls.__mro__[-4:-1], (module.Ring, module.Circle, module.Shape))
        self.assertEqual(module.make_ring("made").describe(), "made 2")
        with self.assertRaises(TypeError):
            module.area(module.Shape("x"))

    def test_methods_use_the_module_of_the_class_that_defines_them(self):
        other = support.fresh("inheritance")
        self.assertIsNot(self.module.Ring("a", 1).sentinel(), other.Ring("a", 1).sentinel())
        with self.assertRaises(TypeError):
            other.area(self.module.Ring("a", 1))

    def test_every_reference_is_visited_once(self):
        for cls in self.with_subclasses(self.module.Ring):
            name, inner, centre, attribute = [["name"], ["inner"], ["centre"], ["attribute"]]
            ring = cls(name, inner)
            ring.centre, ring.attribute = centre, attribute
            seen = gc.get_referents(ring)
            for each in (cls, name, inner, centre):
                self.assertEqual(sum(other is each for other in seen), 1, each)

    def test_cycles_through_any_level_are_collected(self):
        class Flag:
            pass

        for cls in self.with_subclasses(self.module.Ring):
            for close in ("name", "centre", "attribute"):
                flag = Flag()
                ring = cls(flag, flag)
                setattr(ring, close, ring)
                alive, reference = weakref.ref(flag), weakref.ref(ring)
                del flag, ring
                gc.collect()
                self.assertIsNone(alive(), (cls, close))
                self.assertIsNone(reference())

    def test_cycles_through_builtin_bases_are_collected(self):
        for make in (lambda: self.module.Registry(None), lambda: self.module.Stack(name=self), lambda: self.module.Problem(1)):
            class Flag:
                pass

            instance = make()
            flag = Flag()
            if isinstance(instance, dict):
                instance["self"], instance["flag"], instance.default = instance, flag, instance
            elif isinstance(instance, list):
                instance += [instance, flag]
            else:
                instance.flag, instance.__cause__ = flag, instance
            alive = weakref.ref(flag)
            del instance, flag
            gc.collect()
            self.assertIsNone(alive())

    def test_types_and_fields_are_released(self):
        value = ["value"]
        for make in (lambda: self.module.Ring(value, value), lambda: self.module.Registry(value),
                     lambda: self.module.Problem(1, value), lambda: self.module.Stack(name=value)):
            cls = type(make())
            before = support.references(cls), sys.getrefcount(value)
            for _ in range(500):
                make()
            after = support.references(cls), sys.getrefcount(value)
            self.assertLess(abs(after[0] - before[0]), 5)
            self.assertEqual(after[1], before[1])

    def test_collector_may_run_at_any_time(self):
        support.in_process("""
            import gc
            gc.set_threshold(1, 1, 1)
            module = support.fresh("inheritance")
            kept = []
            for i in range(300):
                registry = module.Registry([i]); registry[i] = registry
                stack = module.Stack(name=[i]); stack.append(stack)
                problem = module.Problem(i, [i]); problem.__context__ = problem
                ring = module.Ring([i], [i]); ring.centre = ring; ring.x = stack
                kept.append((registry, stack, problem, ring))
                if i % 10 == 0:
                    kept.clear()
        """)


if __name__ == "__main__":
    unittest.main()
