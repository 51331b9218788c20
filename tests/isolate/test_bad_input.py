"""Bad input: an ImportError that names the module, the reason and what to do, or the module's own error; the process lives on."""

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


for theme_, name_, case_ in support.all_cases():
    if theme_ == "bad":
        for class_, mode_ in (InTheMainInterpreter, "main"), (Isolated, "isolate"):
            if class_ is Isolated or case_.in_main:
                test_ = a_test(theme_, name_, mode_)
                test_.__doc__ = (case_.__doc__ or "").strip().splitlines()[0]
                setattr(class_, f"test_{support.snake(name_)}", test_)


if __name__ == "__main__":
    support.main()
