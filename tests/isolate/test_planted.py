"""Planted packages, each with a way in which two private images could meet or go wrong: isolated, all are right."""

import unittest

import support_planted as support


class InTheMainInterpreter(unittest.TestCase):
    """The packages themselves are right: loaded as usual, in the main interpreter alone."""


class Isolated(unittest.TestCase):
    """Several interpreters at once, each with private images."""


def main_test(theme, name):
    def test(self):
        outcome = support.run(theme, name, "main")
        self.assertEqual([], outcome.complaints, str(outcome))
    return test


def isolated_test(theme, name):
    def test(self):
        outcome = support.run(theme, name, "isolate")
        self.assertEqual([], outcome.complaints, str(outcome))
    return test


for theme_, name_, case_ in support.all_cases():
    if theme_ == "bad":
        continue  # test_bad_input.py
    for class_, function_ in (InTheMainInterpreter, main_test), (Isolated, isolated_test):
        if class_ is Isolated or case_.in_main:
            test_ = function_(theme_, name_)
            test_.__doc__ = (case_.__doc__ or "").strip().splitlines()[0]
            setattr(class_, f"test_{theme_}_{support.snake(name_)}", test_)


if __name__ == "__main__":
    support.main()
