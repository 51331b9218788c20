"""Enums as classes, classes by value, and the methods that options of a class derive."""

import abc
import copy
import gc
import pickle
import sys
import types
import unittest
import weakref

import support


class Derived(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.m = support.fresh("classes")


class UnitEnums(Derived):
    def test_members_are_attributes_of_the_class(self):
        Color = self.m.Color
        self.assertEqual(list(Color.__members__), ["Red", "Green", "Blue"])
        self.assertIsInstance(Color.__members__, types.MappingProxyType)
        for name, member in Color.__members__.items():
            self.assertIs(getattr(Color, name), member)
            self.assertIs(type(member), Color)
            self.assertEqual((member.name, repr(member)), (name, f"Color.{name}"))
        self.assertEqual([m.value for m in Color.__members__.values()], [0, 5, 6])
        self.assertEqual(int(Color.Green), 5)
        self.assertEqual(Color.__doc__, "A colour.")

    def test_the_class_cannot_be_called_or_changed(self):
        Color = self.m.Color
        with self.assertRaises(TypeError):
            Color()
        with self.assertRaises(TypeError):
            Color.Red = 3
        with self.assertRaises(TypeError):
            Color.__members__["Red"] = 3
        with self.assertRaises(TypeError):
            type("Sub", (Color,), {})

    def test_values_become_the_members(self):
        m = self.m
        for member in m.Color.__members__.values():
            self.assertIs(m.echo_color(member), member)
        self.assertIs(m.Color.Red.inverted(), m.Color.Blue)
        self.assertIs(m.Color.first(), m.Color.Red)
        self.assertEqual(m.color_names([m.Color.Blue, m.Color.Red]), ["Blue", "Red"])
        with self.assertRaisesRegex(TypeError, "must be classes.Color, not int"):
            m.echo_color(5)
        # An instance that is made by hand is equal.
        made = m.new_color()
        self.assertEqual((made, hash(made)), (m.Color.Green, hash(m.Color.Green)))
        self.assertIs(m.echo_color(made), m.Color.Green)
        self.assertNotEqual(m.Color.Red, m.Color.Green)
        self.assertNotEqual(m.Color.Red, 0)

    def test_match(self):
        Color = self.m.Color
        found = []
        for color in Color.__members__.values():
            match color:
                case Color.Red:
                    found.append("red")
                case Color.Green | Color.Blue:
                    found.append("other")
        self.assertEqual(found, ["red", "other", "other"])

    def test_copies_and_pickles_are_the_member(self):
        sys.modules["classes"] = self.m
        try:
            for member in self.m.Color.__members__.values():
                self.assertIs(copy.copy(member), member)
                self.assertIs(copy.deepcopy(member), member)
                for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                    self.assertIs(pickle.loads(pickle.dumps(member, protocol)), member)
        finally:
            del sys.modules["classes"]

    def test_what_the_user_writes_stands_and_names_are_without_the_mark(self):
        Keyword = self.m.Keyword
        self.assertEqual(list(Keyword.__members__), ["type", "if"])
        self.assertEqual((repr(Keyword.type), Keyword.type.value), ("a word", -1))
        self.assertEqual(getattr(Keyword, "if").value, 900)
        self.assertEqual((Keyword.__module__, Keyword.__name__), ("elsewhere", "Keyword"))
        self.assertIs(self.m.echo_word(Keyword.type), Keyword.type)

    def test_members_of_one_copy_are_not_those_of_another(self):
        other = support.fresh("classes")
        self.assertIsNot(other.Color.Red, self.m.Color.Red)
        self.assertNotEqual(other.Color.Red, self.m.Color.Red)
        with self.assertRaises(TypeError):
            other.echo_color(self.m.Color.Red)

    def test_a_dropped_copy_is_collected_with_its_members(self):
        copy_ = support.fresh("classes")
        watched = weakref.ref(copy_.Color)
        del copy_
        gc.collect()
        self.assertIsNone(watched())


class DataEnums(Derived):
    def test_variants_are_subclasses(self):
        Shape = self.m.Shape
        circle, rectangle, empty = Shape.Circle(2.0), Shape.Rectangle(3.0, 4.0), Shape.Empty()
        for shape, variant, area in (
            (circle, Shape.Circle, 12.0), (rectangle, Shape.Rectangle, 12.0), (empty, Shape.Empty, 0.0)
        ):
            self.assertIs(type(shape), variant)
            self.assertIsInstance(shape, Shape)
            self.assertEqual(shape.area(), area)
            self.assertEqual(variant.__bases__, (Shape,))
        self.assertEqual(circle.radius, 2.0)
        self.assertEqual((rectangle._0, rectangle._1), (3.0, 4.0))
        self.assertEqual(Shape.Circle(radius=2.0), circle)
        self.assertNotEqual(Shape.Circle(2.5), circle)
        self.assertNotEqual(circle, rectangle)
        self.assertEqual((Shape.Circle.__qualname__, Shape.Circle.__module__), ("Shape.Circle", "classes"))
        self.assertTrue(Shape.Circle.__doc__.startswith("Round."), Shape.Circle.__doc__)
        self.assertEqual(Shape.Circle.__text_signature__, "(radius)")
        self.assertFalse(hasattr(self.m, "Circle"))

    def test_the_class_of_the_enum_has_no_instances_of_its_own(self):
        Shape = self.m.Shape
        with self.assertRaises(TypeError):
            Shape()
        with self.assertRaises(TypeError):
            object.__new__(Shape)

        class Sub(Shape):
            pass

        with self.assertRaises(TypeError):
            Sub()
        with self.assertRaises(TypeError):
            type("Sub", (Shape.Circle,), {})

    def test_results_are_of_the_variant(self):
        m, Shape = self.m, self.m.Shape
        for shape in (Shape.Circle(1.5), Shape.Rectangle(1.0, 2.0), Shape.Empty()):
            back = m.echo_shape(shape)
            self.assertIs(type(back), type(shape))
            self.assertIsNot(back, shape)
            self.assertEqual(back, shape)
        self.assertIs(type(m.new_shape(3.0)), Shape.Circle)
        self.assertEqual(m.new_shape(3.0).radius, 3.0)
        doubled = Shape.Circle(1.0).doubled()
        self.assertEqual((type(doubled), doubled.radius), (Shape.Circle, 2.0))
        self.assertTrue(m.is_circle(Shape.Circle(1.0)))
        self.assertFalse(m.is_circle(Shape.Empty()))

    def test_match(self):
        Shape = self.m.Shape
        self.assertEqual((Shape.Circle.__match_args__, Shape.Rectangle.__match_args__), (("radius",), ("_0", "_1")))
        self.assertEqual(Shape.Empty.__match_args__, ())

        def describe(shape):
            match shape:
                case Shape.Circle(radius=r) if r > 5:
                    return "big"
                case Shape.Circle(r):
                    return r
                case Shape.Rectangle(w, h):
                    return w, h
                case Shape.Empty():
                    return None

        shapes = (Shape.Circle(6.0), Shape.Circle(1.0), Shape.Rectangle(1.0, 2.0), Shape.Empty())
        self.assertEqual([describe(shape) for shape in shapes], ["big", 1.0, (1.0, 2.0), None])

    def test_text_and_pickles(self):
        Shape = self.m.Shape
        shapes = (Shape.Circle(6.0), Shape.Rectangle(1.0, 2.0), Shape.Empty())
        texts = ["Shape.Circle(radius=6.0)", "Shape.Rectangle(1.0, 2.0)", "Shape.Empty()"]
        self.assertEqual([repr(shape) for shape in shapes], texts)
        sys.modules["classes"] = self.m
        try:
            for shape in shapes:
                back = pickle.loads(pickle.dumps(shape))
                self.assertEqual((back, type(back)), (shape, type(shape)))
        finally:
            del sys.modules["classes"]

    def test_wrong_fields(self):
        Shape = self.m.Shape
        for call in (lambda: Shape.Circle(), lambda: Shape.Circle("x"), lambda: Shape.Empty(1), lambda: Shape.Circle(1, 2)):
            with self.assertRaises(TypeError):
                call()
        with self.assertRaises(AttributeError):
            Shape.Circle(1.0).radius = 2.0
        with self.assertRaises(TypeError):
            Shape.Circle.radius.__get__(Shape.Empty())

    def test_the_collector_sees_the_fields_of_each_variant(self):
        Tree = self.m.Tree

        class Value:
            pass

        value = Value()
        leaf = self.m.leaf(value)
        self.assertIs(leaf.value, value)
        self.assertIs(type(leaf), Tree.Leaf)
        node = Tree.Node(leaf, Tree.Leaf(None))
        self.assertIs(node.left, leaf)
        self.assertIn(value, gc.get_referents(leaf))
        changing = Tree.Changing(None)
        self.assertIsNone(changing.slot)
        holder = Value()
        holder.tree = changing
        changing.set(holder)
        self.assertIs(changing.slot, holder)
        watched = weakref.ref(holder)
        del holder, changing
        gc.collect()
        self.assertIsNone(watched())
        before = sys.getrefcount(value)
        del leaf, node
        gc.collect()
        self.assertEqual(sys.getrefcount(value), before - 1)


class Options(Derived):
    def test_constructor_from_fields(self):
        Version = self.m.Version
        version = Version(3)
        self.assertEqual((version.major, version.minor, version.stage), (3, 0, "final"))
        version = Version(major=3, minor=15, stage="beta")
        self.assertEqual((version.major, version.minor, version.stage), (3, 15, "beta"))
        self.assertEqual(Version.__text_signature__, "(major, minor=0, *, stage=...)")
        for call in (lambda: Version(), lambda: Version(1, 2, "x"), lambda: Version(1, other=2), lambda: Version("x")):
            with self.assertRaises(TypeError):
                call()
        with self.assertRaises(AttributeError):
            version.major = 4

    def test_comparisons_hash_and_text(self):
        Version = self.m.Version
        one, same, two = Version(1, 2), Version(1, 2), Version(1, 3)
        self.assertEqual(one, same)
        self.assertNotEqual(one, two)
        self.assertEqual(hash(one), hash(same))
        self.assertEqual(len({one, same, two}), 2)
        self.assertTrue(one < two and one <= same and two > one and two >= two and not one > two)
        self.assertEqual(sorted([two, one]), [one, two])
        self.assertFalse(one == 1)
        with self.assertRaises(TypeError):
            one < 1
        self.assertEqual(repr(one), 'Version { major: 1, minor: 2, stage: "final" }')
        self.assertEqual(str(one), "1.2 final")
        other = support.fresh("classes").Version(1, 2)
        self.assertNotEqual(one, other)

    def test_fields_that_change(self):
        Account = self.m.Account
        account = Account(None)
        self.assertEqual((account.owner, account.balance, account.notes), (None, 0, []))
        account = Account("me", balance=5, notes=["a"])
        self.assertEqual((account.owner, account.balance, account.notes), ("me", 5, ["a"]))
        account.owner, account.balance, account.notes = "you", 6, ["b", "c"]
        self.assertEqual((account.owner, account.balance, account.notes), ("you", 6, ["b", "c"]))
        with self.assertRaises(TypeError):
            account.owner = 3
        with self.assertRaises(TypeError):
            account.notes = [1]
        with self.assertRaises(TypeError):
            Account("me", number=3)
        self.assertNotEqual(account, Account("me"))
        self.assertEqual(account, Account("another", 6))
        with self.assertRaises(TypeError):
            hash(account)
        self.assertIn("balance: PyCell(6)", repr(account))

    def test_generic_and_subclasshook(self):
        Container = self.m.Container
        self.assertIsInstance(Container[int], types.GenericAlias)
        self.assertEqual(Container[int].__args__, (int,))

        class Abstract(Container, metaclass=abc.ABCMeta):
            pass

        class Yes:
            is_a_container = True

        self.assertIsInstance(Yes(), Abstract)
        self.assertNotIsInstance(3, Abstract)


class ByValue(Derived):
    def test_arguments_are_copies_and_results_new(self):
        Version = self.m.Version
        version = Version(1, 2)
        after = self.m.next_version(version)
        self.assertEqual((version.minor, after.minor, type(after)), (2, 3, Version))
        self.assertEqual(self.m.fallible(version), version)
        self.assertIsNot(self.m.fallible(version), version)
        self.assertEqual(self.m.newest({"a": Version(1), "b": Version(7)}), 7)
        with self.assertRaisesRegex(TypeError, "must be classes.Version, not int"):
            self.m.next_version(3)
        with self.assertRaises(TypeError):
            support.fresh("classes").next_version(version)

    def test_objects_within_keep_their_counts(self):
        first, second = object(), object()
        before = sys.getrefcount(first), sys.getrefcount(second)
        for _ in range(100):
            pair = self.m.swapped(self.m.Pair(first, second))
        self.assertIs(pair.first, second)
        self.assertIs(pair.second, first)
        del pair
        self.assertEqual((sys.getrefcount(first), sys.getrefcount(second)), before)


if __name__ == "__main__":
    unittest.main()
