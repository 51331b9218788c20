"""A module in several files: listed items, submodules, constants, `__all__`, and what `#[cfg]` leaves."""

import asyncio
import gc
import importlib
import sys
import threading
import unittest
import weakref

from support import FOLDER, fresh, in_process

SUBMODULES = ["files.inner", "files.inner.deepest", "files.maths"]


def imported():
    """The module as the import system has it, from a new import."""
    if FOLDER not in sys.path:
        sys.path.insert(0, FOLDER)
    forget()
    return importlib.import_module("files")


def forget():
    for name in ["files", *SUBMODULES]:
        sys.modules.pop(name, None)


class Listed(unittest.TestCase):
    def setUp(self):
        self.files = fresh("files")

    def test_classes_of_other_files_belong_to_the_module(self):
        files = self.files
        for name in ["Shape", "Round", "Marked", "Square", "Small", "Large", "Dot"]:
            self.assertEqual(getattr(files, name).__module__, "files", name)
            self.assertEqual(getattr(files, name).__name__, name)
        self.assertFalse(hasattr(files, "Registry"), "hidden")
        self.assertIs(files.Round.__base__, files.Shape)
        self.assertIs(files.Square.__base__, files.Shape)
        self.assertIs(files.Dot.__base__, files.Shape, "a class of the module's own file, on one of another")

    def test_their_methods_work_with_the_module_state(self):
        files = self.files
        shape = files.Shape(name="a")
        self.assertEqual((shape.name, repr(shape), shape.made), ("a", "<a>", 1))
        self.assertEqual(files.Shape("b").made, 2)
        self.assertEqual(shape, files.Shape("a"))
        self.assertIs(shape.__eq__(3), NotImplemented)
        self.assertEqual(files.Shape.KIND, "shape")
        self.assertIsInstance(files.Shape.of("c"), files.Shape)
        self.assertEqual(files.Round(2.0).radius, 2.0)
        self.assertEqual(repr(files.Round()), "<circle>")
        self.assertEqual(files.Round().circles(), 3, "the class's own state")
        self.assertEqual(files.Round.unit(), 1.0)
        square = files.Square(3.0)
        self.assertEqual((square.area, len(square), square[2], square.side), (9.0, 4, 6.0, 3.0))
        self.assertEqual(files.Dot("d").at, None)
        shape.attribute = 1
        self.assertIs(weakref.ref(shape)(), shape)
        self.assertEqual(files.Marked[int].__args__, (int,))
        with self.assertRaises(TypeError):
            files.Marked()

    def test_docstrings_signatures_and_names_in_messages(self):
        files = self.files
        self.assertEqual(files.Shape.__doc__, "What other classes derive from.")
        self.assertEqual(files.Shape.__text_signature__, "(name)")
        self.assertEqual(files.Round.__text_signature__, "(radius=1.0)")
        self.assertEqual(files.Marked.__doc__, "Without a brand and without methods.")
        self.assertEqual(files.Small.__doc__, "Of size one.")
        self.assertEqual(files.area.__text_signature__, "($module, circle, /)")
        self.assertEqual(files.area.__doc__, "The area of a circle.")
        with self.assertRaisesRegex(TypeError, r"Round\(\)"):
            files.Round(1.0, 2.0)

    def test_functions_of_other_files(self):
        files = self.files
        self.assertAlmostEqual(files.area(files.Round(2.0)), 12.566370614359172)
        self.assertIsInstance(files.largest_of(1, 2, by=3), files.Marked)
        with self.assertRaisesRegex(TypeError, "largest_of"):
            files.largest_of(but=3)
        self.assertIs(files.type(files.Round()), True)
        self.assertIs(files.type(3), False)
        self.assertFalse(hasattr(files, "biggest"), "a name in Rust only")

    def test_an_asynchronous_function_of_another_file(self):
        one, other = self.files, fresh("files")

        async def both():
            first, second, third = one.made_later("a"), other.made_later(), one.made_later(name="c")
            return [await each for each in (first, second, third)]

        before, others = (int(asyncio.run(each.made_later()).split()[1]) for each in (one, other))
        self.assertEqual(asyncio.run(both()), [f"a {before + 1}", f"shape {others + 1}", f"c {before + 2}"])

    def test_exceptions_of_other_files(self):
        files = self.files
        self.assertTrue(issubclass(files.Detail, files.Failure) and issubclass(files.Failure, ValueError))
        self.assertEqual((files.Failure.__module__, files.Detail.__module__), ("files", "package.files"))
        with self.assertRaisesRegex(files.Detail, "detail"):
            files.Shape("a").fails()
        with self.assertRaisesRegex(files.Detail, "other"):
            files.Shape("a").fails(message="other")

    def test_classes_that_a_macro_makes(self):
        files = self.files
        self.assertEqual((files.Small().size(), files.Large([1]).size()), (1, 1000))
        self.assertEqual(files.Large(kept=[1]).kept(), [1])
        self.assertIsNot(files.Small, files.Large)

    def test_another_copy_has_types_exceptions_and_state_of_its_own(self):
        files, other = self.files, fresh("files")
        for name in ["Shape", "Round", "Square", "Small", "Failure", "Detail", "Dot"]:
            self.assertIsNot(getattr(files, name), getattr(other, name), name)
        files.Shape("a")
        self.assertEqual(other.Shape("a").made, 1)
        self.assertEqual(files.Round().circles(), other.Round().circles())
        with self.assertRaises(TypeError):
            files.area(other.Round())
        self.assertIs(files.type(other.Round()), False)

    def test_a_cycle_through_listed_classes_is_collected(self):
        small = self.files.Small([])
        small.kept().append(small)
        gone = weakref.ref(type("Sub", (self.files.Small,), {})())
        shape = self.files.Shape("a")
        shape.self = shape
        alive = weakref.ref(shape)
        del small, shape
        gc.collect()
        self.assertIsNone(alive())
        self.assertIsNone(gone())


class Enums(unittest.TestCase):
    """Enums and derived methods of classes that are declared outside the module."""

    def setUp(self):
        self.files = fresh("files")

    def test_an_enum_of_unit_variants(self):
        Kind = self.files.Kind
        self.assertEqual((Kind.__module__, Kind.__doc__), ("files", "One of three."))
        self.assertEqual(list(Kind.__members__), ["Round", "Angular", "type"])
        self.assertEqual([member.value for member in Kind.__members__.values()], [0, 4, 5])
        self.assertEqual((Kind.Round.name, int(Kind.type), repr(Kind.Angular)), ("Round", 5, "Kind.Angular"))
        self.assertIs(Kind.Round.next(), Kind.Angular)
        self.assertEqual(Kind.Round.repeated(times=3), "[Round, Round, Round]")
        self.assertLess(Kind.Round, Kind.type)
        self.assertEqual(len({Kind.Round, Kind.Round, Kind.Angular}), 2)

    def test_an_enum_with_data(self):
        Figure, shape = self.files.Figure, self.files.Shape("a")
        self.assertEqual((Figure.__module__, Figure.One.__qualname__), ("files", "Figure.One"))
        self.assertEqual(Figure.One.__doc__, "A shape.")
        self.assertFalse(any(name.startswith("Drawn") for name in vars(self.files)))
        one = Figure.One(shape=shape)
        self.assertIs(one.shape, shape)
        self.assertEqual((one.count(), one.count(extra=2)), (1, 3))
        self.assertTrue(issubclass(Figure.One, Figure) and isinstance(one, Figure))
        self.assertEqual((Figure.One.__match_args__, Figure.Pair.__match_args__), (("shape",), ("_0", "_1")))
        self.assertEqual(Figure.Pair(1, _1=2)._1, 2)
        self.assertEqual((repr(Figure.Pair(1, "b")), Figure.Nothing().count()), ("Figure.Pair(1, 'b')", 0))
        self.assertIs(self.files.draw(shape).shape, shape)
        with self.assertRaises(TypeError):
            Figure.One(self.files.Round)
        with self.assertRaises(TypeError):
            Figure.One(fresh("files").Shape("of another copy"))

    def test_a_cycle_through_a_variant_is_collected(self):
        cycle = []
        pair = self.files.Figure.Pair(cycle, type("Sub", (self.files.Shape,), {})("a"))
        alive = weakref.ref(pair._1)
        cycle.append(pair)
        del cycle, pair
        gc.collect()
        self.assertIsNone(alive())

    def test_options_give_methods(self):
        Place = self.files.Place
        self.assertEqual(Place.__text_signature__, "(row, *, column=7)")
        place = Place(row=1)
        self.assertEqual((place.row, place.column, place), (1, 7, Place(1, column=7)))
        self.assertEqual(place.below(rows=2), Place(3))
        self.assertEqual((hash(place), repr(place)), (hash(Place(1)), "Place { row: 1, column: 7 }"))
        with self.assertRaises(TypeError):
            Place(1, 7)

    def test_by_value(self):
        files = self.files
        self.assertIs(files.kind_of(files.Place(0)), files.Kind.Round)
        size = files.same_size(files.Size.Wide(by=2.0))
        self.assertEqual((type(size), size.by), (files.Size.Wide, 2.0))
        self.assertIs(type(files.same_size(files.Size.Small())), files.Size.Small)

    def test_another_copy_has_its_own(self):
        other = fresh("files")
        self.assertIsNot(self.files.Kind.Round, other.Kind.Round)
        self.assertNotEqual(self.files.Kind.Round, other.Kind.Round)
        self.assertIsNot(self.files.Figure.One, other.Figure.One)
        with self.assertRaises(TypeError):
            self.files.kind_of(other.Place(0))


class Conditional(unittest.TestCase):
    def test_only_what_the_configuration_leaves_is_there(self):
        files = fresh("files")
        for name in ["never", "Never", "NEVER", "Extra"]:
            self.assertFalse(hasattr(files, name), name)
        self.assertEqual(files.always(), 1)
        self.assertEqual(files.which(), "plain")
        conditional = files.Conditional(2)
        self.assertEqual((conditional.present, conditional.twice, conditional.HERE), (2, 4, 1))
        for name in ["absent", "THERE"]:
            self.assertFalse(hasattr(conditional, name), name)


class Attributes(unittest.TestCase):
    def test_constants(self):
        files = fresh("files")
        self.assertEqual((files.LIMIT, files.GREETING, files.SIDES), (2.5, "hello", 4))
        self.assertEqual(files._seen, 4, "they are there when exec runs")

    def test_all_is_made_or_given(self):
        files = fresh("files")
        public = {name for name in vars(files) if not name.startswith("_")}
        self.assertEqual(set(files.__all__), public)
        self.assertEqual(len(files.__all__), len(public))
        self.assertIn("maths", files.__all__)
        self.assertIn("LIMIT", files.__all__)
        self.assertNotIn("_private", files.__all__)
        self.assertEqual(files.inner.deepest.__all__, ["Leaf"])
        self.assertFalse(hasattr(files.inner, "__all__"))


class Submodules(unittest.TestCase):
    def tearDown(self):
        forget()

    def test_a_submodule_can_be_imported_in_every_way(self):
        files = imported()
        import files.inner.deepest
        from files import maths
        from files.inner import Item
        from files.maths import add

        self.assertEqual(add(2), 3)
        self.assertIs(sys.modules["files.maths"], maths)
        self.assertIs(files.maths, maths)
        self.assertIs(files.inner.Item, Item)
        self.assertIs(importlib.import_module("files.inner.deepest"), files.inner.deepest)
        self.assertEqual(maths.__name__, "files.maths")
        self.assertEqual(maths.__package__, "files")
        self.assertEqual(maths.__spec__.name, "files.maths")
        self.assertEqual(maths.__doc__, "Arithmetic.")
        self.assertEqual((maths.answer, round(maths.PI, 2)), (42, 3.14))
        self.assertEqual(Item.__module__, "files.inner")
        self.assertEqual(files.inner.deepest.Leaf.__module__, "files.inner.deepest")
        self.assertEqual(files.inner.InnerError.__module__, "files.inner")

    def test_the_first_import_may_be_that_of_a_submodule(self):
        out = in_process("""
            sys.path.insert(0, support.FOLDER)
            import files.inner.deepest
            print(files.inner.deepest.leaf(3).n, sys.modules["files.inner"] is files.inner)
        """)
        self.assertEqual(out, "3 True\n")

    def test_two_copies_have_two_of_each_submodule(self):
        one = imported()
        two = fresh("files")
        for get in [lambda files: files.maths, lambda files: files.inner, lambda files: files.inner.deepest]:
            self.assertIsNot(get(one), get(two))
        self.assertIsNot(one.inner.Item, two.inner.Item)
        self.assertEqual([one.inner.calls(), one.inner.calls(), two.inner.calls()], [1, 2, 1])

    def test_a_copy_that_nobody_imported_leaves_sys_modules_alone(self):
        before = dict(sys.modules)
        copy = fresh("files")
        self.assertEqual(dict(sys.modules), before)
        one = imported()
        fresh("files")
        self.assertIs(sys.modules["files.inner"], one.inner)
        self.assertIsNot(copy.inner, one.inner)

    def test_a_new_import_puts_its_own_in_the_place_of_the_old(self):
        one = imported()
        del sys.modules["files"]
        two = importlib.import_module("files")
        self.assertIsNot(one, two)
        self.assertIs(sys.modules["files.inner"], two.inner)
        self.assertIs(sys.modules["files.inner.deepest"], two.inner.deepest)

    def test_a_submodule_is_not_a_package_and_has_no_file(self):
        files = imported()
        self.assertFalse(hasattr(files.maths, "__path__"))
        with self.assertRaises(ImportError):
            importlib.import_module("files.missing")
        with self.assertRaises(ImportError):
            importlib.import_module("files.inner.missing")

    def test_an_import_that_fails_leaves_no_submodule(self):
        out = in_process("""
            import importlib
            sys.path.insert(0, support.FOLDER)
            real = sys.modules["_frozen_importlib"].ModuleSpec
            calls = []
            def fails(name, loader):
                calls.append(name)
                if name == "files.inner":
                    raise ValueError("no spec")
                return real(name, loader)
            module, spec = support.unexecuted("files")
            sys.modules["files"] = module
            sys.modules["_frozen_importlib"].ModuleSpec = fails
            try:
                spec.loader.exec_module(module)
            except ValueError as error:
                print(error)
            print(sorted(name for name in sys.modules if name.startswith("files.")), "files.inner" in calls)
        """)
        self.assertEqual(out, "no spec\n[] True\n")

    def test_submodules_die_with_their_module(self):
        files = fresh("files")
        leaf = weakref.ref(files.inner.deepest)
        types = [weakref.ref(files.inner.Item), weakref.ref(files.inner.deepest.Leaf), weakref.ref(files.Shape)]
        del files
        gc.collect()
        self.assertIsNone(leaf())
        self.assertEqual([alive() for alive in types], [None, None, None])

    def test_an_instance_keeps_the_submodule_it_is_of(self):
        files = fresh("files")
        leaf, deepest = files.inner.deepest.leaf(1), weakref.ref(files.inner.deepest)
        del files
        gc.collect()
        self.assertIsNotNone(deepest())
        del leaf
        gc.collect()
        self.assertIsNone(deepest())

    def test_many_threads_import_them_once(self):
        forget()
        sys.path.insert(0, FOLDER)
        seen = []
        threads = [threading.Thread(target=lambda: seen.append(importlib.import_module("files.inner.deepest")))
                   for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(set(map(id, seen))), 1)

    @unittest.skipIf(sys.version_info < (3, 12), "interpreters with their own GIL came with 3.12")
    def test_every_interpreter_has_its_own(self):
        out = in_process("""
            try: import _interpreters as interpreters
            except ImportError: import _xxsubinterpreters as interpreters
            code = f'''
            import sys
            sys.path.insert(0, {support.FOLDER!r})
            import files.inner.deepest
            assert sys.modules["files.inner"] is files.inner
            assert files.inner.calls() == 1
            print(files.inner.deepest.leaf(2).n, flush=True)
            '''
            import textwrap
            for _ in range(3):
                one = interpreters.create()
                failed = interpreters.run_string(one, textwrap.dedent(code))
                assert not failed, failed
                interpreters.destroy(one)
        """)
        self.assertEqual(out, "2\n2\n2\n")


if __name__ == "__main__":
    unittest.main()
