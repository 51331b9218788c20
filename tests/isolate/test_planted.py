"""Planted packages, each with a way in which two private images could meet or go wrong: isolated, all are right."""

import unittest

import support_planted as support


class Isolated(unittest.TestCase):
    """Several interpreters at once, each with private images."""


class Legacy(unittest.TestCase):
    """The same in interpreters that share the main one's GIL: all of CPython 3.11's, and those of mod_wsgi."""


def isolated_test(theme, name, own_gil=True):
    def test(self):
        outcome = support.run(theme, name, "isolate", own_gil=own_gil)
        self.assertEqual([], outcome.complaints, str(outcome))
    return test


def add_tests():
    for theme, name, case in support.all_cases():
        if theme == "bad":
            continue  # test_bad_input.py
        test = isolated_test(theme, name)
        test.__doc__ = (case.__doc__ or "").strip().splitlines()[0]
        setattr(Isolated, f"test_{theme}_{support.snake(name)}", test)
        if vars(case).get("legacy") and support.VERSION >= (3, 12):
            setattr(Legacy, f"test_{theme}_{support.snake(name)}", isolated_test(theme, name, own_gil=False))


add_tests()

if __name__ == "__main__":
    support.main()
