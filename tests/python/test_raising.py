"""What Rust code raises: its own error types, those of libraries, built-in exceptions and warnings."""

import builtins
import errno
import logging
import unittest
import warnings

import support


class Raising(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.errors = support.fresh("errors")

    def raised(self, call, *args):
        """The exception that a call raises."""
        with self.assertRaises(BaseException) as caught:
            call(*args)
        return caught.exception


class OwnErrors(Raising):
    def test_each_variant_raises_its_class(self):
        load = self.errors.load
        self.assertEqual(load(""), 0)
        error = self.raised(load, "syntax")
        self.assertIs(type(error), self.errors.Malformed)
        self.assertEqual(error.args, ("line 7 is malformed",))
        error = self.raised(load, "missing")
        self.assertEqual((type(error), error.args), (KeyError, ("the name",)))
        self.assertIs(type(self.raised(load, "io")), TimeoutError)
        error = self.raised(load, "other")
        self.assertEqual((type(error), error.args), (LookupError, ("something else",)))

    def test_an_exception_of_the_module_is_that_of_the_copy_that_was_called(self):
        other = support.fresh("errors")
        self.assertIsNot(self.errors.Malformed, other.Malformed)
        self.assertIs(type(self.raised(other.load, "syntax")), other.Malformed)
        self.assertIs(type(self.raised(other.Loader, "syntax")), other.Malformed)

    def test_every_kind_of_handler_raises_it(self):
        malformed, loader = self.errors.Malformed, self.errors.Loader("later")
        for call in (
            lambda: self.errors.Loader("syntax"),
            loader.method,
            lambda: loader.value,
            lambda: setattr(loader, "value", 1),
            type(loader).of_the_class,
            lambda: len(loader),
            lambda: bool(loader),
            lambda: hash(loader),
            lambda: next(loader),
            lambda: loader.__setitem__(1, 2),
        ):
            self.assertIs(type(self.raised(call)), malformed)
        works = self.errors.Loader("")
        works.value = 1
        works[1] = 2
        self.assertEqual((works.method(), works.value, len(works), bool(works), hash(works)), (None, 1, 1, True, 1))
        self.assertEqual(next(works, "end"), "end")

    def test_a_static_method_raises_what_needs_no_module(self):
        self.assertEqual(self.errors.Loader.parse("7"), 7)
        self.assertIs(type(self.raised(self.errors.Loader.parse, "x")), ValueError)

    def test_question_mark_keeps_the_class(self):
        error = self.raised(self.errors.question_mark)
        self.assertEqual((type(error), error.args), (PermissionError, ("not for you",)))

    def test_context_is_the_exception_that_is_handled(self):
        try:
            1 / 0
        except ZeroDivisionError as first:
            for call in (self.errors.question_mark, lambda: self.errors.load("syntax"), self.errors.no_argument):
                self.assertIs(self.raised(call).__context__, first)


class Libraries(Raising):
    def test_boxed_errors_keep_the_class_of_what_is_in_the_box(self):
        boxed = self.errors.boxed
        error = self.raised(boxed, "io")
        self.assertEqual((type(error), error.errno), (FileNotFoundError, errno.ENOENT))
        self.assertIs(type(self.raised(boxed, "parse")), ValueError)
        error = self.raised(boxed, "text")
        self.assertEqual((type(error), error.args), (RuntimeError, ("only text",)))
        self.assertIs(type(self.raised(self.errors.boxed_local)), OverflowError)

    def test_anyhow_and_eyre(self):
        error = self.raised(self.errors.with_anyhow, "text")
        self.assertEqual((type(error), error.args), (RuntimeError, ("only text",)))
        error = self.raised(self.errors.with_anyhow, "bare")
        self.assertIs(type(error), FileNotFoundError)
        error = self.raised(self.errors.with_anyhow, "context")
        self.assertEqual((type(error), error.args), (FileNotFoundError, ("no settings",)))
        self.assertEqual(len(error.__notes__), 1)
        self.assertRegex(error.__notes__[0], "^caused by: No such file")
        error = self.raised(self.errors.with_eyre, "context")
        self.assertEqual((type(error), error.args), (ValueError, ("no settings",)))
        self.assertEqual(error.__notes__, ["caused by: invalid digit found in string"])
        self.assertIs(type(self.raised(self.errors.with_eyre, "text")), RuntimeError)

    def test_any_error(self):
        error = self.raised(self.errors.from_error)
        self.assertEqual((type(error), error.args), (RuntimeError, ("something else",)))

    def test_operating_system_errors_by_number_and_by_kind(self):
        for number in (errno.ENOENT, errno.EACCES, errno.EPIPE, errno.EEXIST, errno.ECONNREFUSED, errno.EIO, errno.EINTR):
            error = self.raised(self.errors.of_number, number)
            self.assertIs(type(error), type(OSError(number, "")), number)
            self.assertEqual(error.errno, number)
            self.assertNotIn("os error", str(error))
        for kind, expected in (
            ("NotFound", FileNotFoundError), ("PermissionDenied", PermissionError), ("AlreadyExists", FileExistsError),
            ("WouldBlock", BlockingIOError), ("Other", OSError),
        ):
            error = self.raised(self.errors.of_kind, kind)
            self.assertEqual((type(error), error.args), (expected, ("said by hand",)))


class Exceptions(Raising):
    def test_every_built_in_exception_is_there(self):
        here = self.errors.classes()
        there = {
            name: value for name, value in vars(builtins).items()
            if isinstance(value, type) and issubclass(value, BaseException) and not name.startswith("_")
        }
        # Those of newer versions alone.
        for name in ("PythonFinalizationError", "ImportCycleError"):
            there.pop(name, None)
        self.assertEqual(here, there)

    def test_the_class_of_exception_groups_does_not_depend_on_builtins(self):
        real = builtins.ExceptionGroup
        try:
            builtins.ExceptionGroup = int
            self.assertIs(self.errors.classes()["ExceptionGroup"], real)
        finally:
            builtins.ExceptionGroup = real

    def test_one_argument_is_one_argument(self):
        for value in ("x", (1, 2), (), None, KeyError("inner"), [1]):
            error = self.raised(self.errors.one_argument, value)
            self.assertIs(type(error), KeyError)
            self.assertEqual(len(error.args), 1)
            self.assertIs(error.args[0], value)
            error = self.raised(self.errors.of_the_module, value)
            self.assertIs(type(error), self.errors.Malformed)
            self.assertIs(error.args[0], value)

    def test_other_numbers_of_arguments(self):
        self.assertEqual(self.raised(self.errors.no_argument).args, ())
        error = self.raised(self.errors.five_arguments, b"\xff")
        self.assertEqual((type(error), error.reason, error.object), (UnicodeDecodeError, "a reason", b"\xff"))

    def test_an_exception_class_whose_new_returns_something_else(self):
        copy = support.fresh("errors")
        copy.Malformed.__new__ = lambda *_: 3
        self.assertIs(type(self.raised(copy.load, "syntax")), TypeError)

    def test_display_and_debug(self):
        self.assertEqual(self.errors.shown(ValueError("text")), ("ValueError: text", "PyErr(ValueError: text)"))
        self.assertEqual(self.errors.shown(KeyError()), ("KeyError", "PyErr(KeyError)"))

        class Mute(Exception):
            def __str__(self):
                raise RuntimeError

        self.assertIn("str() failed", self.errors.shown(Mute())[0])
        expected = ("not for you", "not for you", True, "PermissionError: not for you")
        self.assertEqual(self.errors.shown_late(), expected)


class Warnings(Raising):
    def test_a_warning_points_at_its_caller(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.errors.warn("old")
        self.assertEqual([(w.category, str(w.message)) for w in caught], [(DeprecationWarning, "old")])
        self.assertEqual(caught[0].filename, __file__)

        def outer():
            self.errors.warn("old", 2)

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            outer()
        self.assertEqual(caught[0].lineno, outer.__code__.co_firstlineno + 5)

    def test_a_filter_makes_it_an_error(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.assertEqual(str(self.raised(self.errors.warn, "old")), "old")
            self.assertIs(type(self.raised(self.errors.warn_of_the_module)), self.errors.Odd)

    def test_categories(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.errors.warn_of_the_module()
            self.errors.warn_of(FutureWarning)
        self.assertEqual([w.category for w in caught], [self.errors.Odd, FutureWarning])
        self.assertIsInstance(self.raised(self.errors.warn_of, int), (TypeError, ValueError))
        self.assertIs(type(self.raised(self.errors.warn, "a\0b")), ValueError)


class Logging(Raising):
    def test_records_go_to_the_logger_of_their_target(self):
        with self.assertLogs("errors", 1) as caught:
            self.errors.log_all("100 % {text}")
        found = [(record.name, record.levelno, record.getMessage()) for record in caught.records]
        levels = [("errors.part", 40), *(("errors.errors", level) for level in (30, 20, 10, 5))]
        self.assertEqual(found, [(name, level, "100 % {text}") for name, level in levels])
        self.assertTrue(caught.records[0].pathname.endswith("lib.rs"))

    def test_what_python_does_not_want_is_not_made(self):
        logger = logging.getLogger("errors")
        with self.assertLogs("errors", logging.WARNING) as caught:
            self.errors.log_all("text")
        self.assertEqual([record.levelno for record in caught.records], [40, 30])
        self.assertEqual(logger.level, logging.NOTSET)

    def test_a_handler_that_fails_or_logs_itself_does_no_harm(self):
        code = """
            import logging, sys
            errors = support.fresh("errors")
            class Handler(logging.Handler):
                def handle(self, record):
                    errors.log_all("nested")
                    raise KeyError("handler")
            logging.getLogger("errors").addHandler(Handler())
            logging.getLogger("errors").setLevel(1)
            seen = []
            sys.unraisablehook = lambda what: seen.append(type(what.exc_value))
            errors.log_all("outer")
            errors.log_detached()
            print(seen == [KeyError] * 5, flush=True)
        """
        self.assertEqual(support.in_process(code).strip(), "True")

    def test_each_interpreter_has_its_own_logging(self):
        code = """
            import logging
            errors = support.fresh("errors")
            try:
                import _interpreters as interpreters
            except ImportError:
                import _xxsubinterpreters as interpreters
            seen = []
            handler = logging.Handler()
            handler.handle = lambda record: seen.append(record.getMessage())
            logging.getLogger("errors").addHandler(handler)
            logging.getLogger("errors").setLevel(1)
            other = interpreters.create()
            inside = f'''if True:
                import logging, os, sys
                sys.path.insert(0, {support.__file__.rsplit("/", 1)[0]!r})
                import support
                seen = []
                handler = logging.Handler()
                handler.handle = lambda record: seen.append(record.getMessage())
                logging.getLogger("errors").addHandler(handler)
                logging.getLogger("errors").setLevel(30)
                support.fresh("errors").log_all("inside")
                assert seen == ["inside"] * 2, seen
            '''
            failed = interpreters.run_string(other, inside)
            assert failed is None, failed
            interpreters.destroy(other)
            errors.log_all("outside")
            print(seen == ["outside"] * 5)
        """
        self.assertEqual(support.in_process(code).strip(), "True")


if __name__ == "__main__":
    unittest.main()
