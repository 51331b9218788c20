"""Bad input: an ImportError that names the module, the reason and what to do, or the module's own error."""

import unittest

import support_planted as support


class InTheMainInterpreter(unittest.TestCase):
    """The files are bad: the main interpreter does not load them either, and raises the same type."""


class Isolated(unittest.TestCase):
    """Two interpreters, each of which tries twice, and then imports a good module."""


def a_test(theme, name, mode):
    def test(self):
        outcome = support.run(theme, name, mode)
        self.assertEqual([], outcome.complaints, str(outcome))
    return test


def add_tests():
    for theme, name, case in support.all_cases():
        if theme != "bad":
            continue  # test_planted.py
        for cls, mode in (InTheMainInterpreter, "main"), (Isolated, "isolate"):
            if cls is Isolated or case.in_main:
                test = a_test(theme, name, mode)
                test.__doc__ = (case.__doc__ or "").strip().splitlines()[0]
                setattr(cls, f"test_{support.snake(name)}", test)


add_tests()

if __name__ == "__main__":
    support.main()
