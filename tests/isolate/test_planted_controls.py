"""The planted packages are sound, and can fail: alone each is right, by plain copies, or with CPython's check lifted, wrong."""

import re
import unittest

import support_planted as support


class InTheMainInterpreter(unittest.TestCase):
    """The packages themselves are right: loaded as usual, in the main interpreter alone."""


class Controls(unittest.TestCase):
    """Without what `insula_isolate` does."""

    def test_every_case_has_a_control_or_says_why_not(self):
        for theme, name, case in support.all_cases():
            with self.subTest(f"{theme}.{name}"):
                self.assertTrue(case.control and case.shows or case.no_control)


def main_test(theme, name):
    def test(self):
        outcome = support.run(theme, name, "main")
        self.assertEqual([], outcome.complaints, str(outcome))
    return test


def control_test(theme, name, case):
    def test(self):
        # What goes wrong is a race here and there, and a crash comes first: some tries are allowed, success is not.
        for seed in range(3):
            outcome = support.run(theme, name, case.control, seed=seed)
            if re.search(case.shows, "\n".join(outcome.complaints)):
                return
        self.fail(f"the control shows nothing of {case.shows!r}:\n{outcome}")
    return test


def add_tests():
    for theme, name, case in support.all_cases():
        in_main = case.in_main and theme != "bad"  # test_bad_input.py
        for cls, test in ((InTheMainInterpreter, in_main and main_test(theme, name)),
                          (Controls, case.control and control_test(theme, name, case))):
            if test:
                test.__doc__ = (case.__doc__ or "").strip().splitlines()[0]
                setattr(cls, f"test_{theme}_{support.snake(name)}", test)


add_tests()

if __name__ == "__main__":
    support.main()
