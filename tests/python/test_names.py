"""Names in Python that are not those in Rust, and special methods that are no slots."""

import copy
import inspect
import unittest

from support import fresh

names = fresh("names")
Final = names.final


class Functions(unittest.TestCase):
    def test_a_function_has_the_name_it_was_given(self):
        self.assertEqual(names.print("text"), "text")
        self.assertEqual(names.print.__name__, "print")
        self.assertEqual(names.print.__text_signature__, "($module, text, /)")
        self.assertFalse(hasattr(names, "print_it"))
        with self.assertRaisesRegex(TypeError, "print"):
            names.print("a", "b")

    def test_a_raw_identifier_is_a_plain_name_in_python(self):
        self.assertEqual(names.type(3), 3)
        self.assertEqual(names.type.__text_signature__, "($module, match, /)")

    def test_parameters_have_their_names_in_python(self):
        self.assertEqual(names.parameters(1, **{"crate": 5, "in": 6, "more": 7}), (1, 5, 6, {"more": 7}))
        self.assertEqual(names.parameters(1), (1, 2, 3, {}))
        self.assertEqual(names.parameters.__text_signature__, "($module, type, /, crate=2, *, in=3, **super)")
        self.assertEqual(names.parameters(1, krate=5), (1, 2, 3, {"krate": 5}))
        with self.assertRaisesRegex(TypeError, "at least 1 positional"):
            names.parameters()

    def test_a_module_answers_for_names_that_it_does_not_have(self):
        self.assertEqual(names.lazy, "made when it is asked for: lazy")
        self.assertEqual(dir(names), ["lazy", "print"])
        with self.assertRaisesRegex(AttributeError, "missing"):
            names.missing


class Classes(unittest.TestCase):
    def test_a_class_and_its_attributes_may_be_words_of_rust(self):
        self.assertEqual(Final.__name__, "final")
        self.assertEqual(Final(**{"type": 4}).type, 4)
        self.assertEqual(str(inspect.signature(Final)), "(type=7)")
        self.assertEqual(getattr(Final(), "yield")(), 7)
        self.assertEqual(Final().import_(**{"where": 9}), 9)
        self.assertFalse(hasattr(Final, "import"))
        self.assertEqual(Final().struct, "struct")
        final = Final()
        setattr(final, "async", 11)
        self.assertEqual(getattr(final, "async"), 11)

    def test_class_methods_static_methods_and_class_attributes_are_renamed(self):
        self.assertIs(Final.of(), Final)
        self.assertIsNone(Final.none())
        self.assertEqual((Final.LIMIT, Final.OTHER), (5, 6))
        for absent in ("make", "nothing", "limit", "ANOTHER", "get_value", "set_value", "del_value", "is_cleared"):
            self.assertFalse(hasattr(Final, absent), absent)

    def test_a_slot_goes_by_its_name_in_python(self):
        self.assertEqual(repr(Final(3)), "final(3)")


class Properties(unittest.TestCase):
    def test_an_attribute_is_read_set_and_deleted(self):
        final = Final()
        self.assertIsNone(final.value)
        final.value = [1]
        self.assertEqual(final.value, [1])
        del final.value
        self.assertIsNone(final.value)
        with self.assertRaisesRegex(AttributeError, "value"):
            del final.value
        self.assertEqual(Final.value.__doc__, "Its prefix is no part of the attribute's name.")

    def test_an_attribute_that_can_only_be_deleted(self):
        final = Final()
        final.value = 1
        self.assertIs(final.cleared, False)
        del final.cleared
        self.assertIs(final.cleared, True)
        with self.assertRaisesRegex(AttributeError, "'cleared' can be deleted, but not set"):
            final.cleared = True

    def test_an_attribute_without_a_deleter_cannot_be_deleted(self):
        with self.assertRaisesRegex(AttributeError, "cannot be deleted"):
            delattr(Final(), "async")
        with self.assertRaises(AttributeError):
            del Final().struct


class NotSlots(unittest.TestCase):
    def test_methods_that_libraries_find_by_name(self):
        final = Final(2)
        self.assertEqual(final.__array__(), (None, None))
        self.assertEqual(final.__array__(copy=True, dtype=int), (int, True))
        self.assertEqual(final.__array_interface__, 3)
        self.assertEqual(final.__dlpack__(stream=4), 4)
        self.assertEqual(final.__arrow_c_stream__("schema"), "schema")
        self.assertEqual(final.__html__(), "<b>2</b>")
        self.assertEqual(final.__rich_repr__(), [("type", 2)])
        self.assertEqual(Final.__get_pydantic_core_schema__(1, 2), (Final, 1, 2))
        self.assertEqual(copy.copy(final), 2)
        self.assertEqual(final.__rerp__(), "meant")


if __name__ == "__main__":
    unittest.main()
