"""The planted packages can fail: loaded by plain copies, or with CPython's check lifted, each is seen to go wrong."""

import re
import unittest

import support_planted as support


class Controls(unittest.TestCase):
    """Without what `insula_isolate` does."""

    def test_every_case_has_a_control_or_says_why_not(self):
        for theme, name, case in support.all_cases():
            with self.subTest(f"{theme}.{name}"):
                self.assertTrue(case.control and case.shows or case.no_control)


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
        if case.control:
            test = control_test(theme, name, case)
            test.__doc__ = (case.__doc__ or "").strip().splitlines()[0]
            setattr(Controls, f"test_{theme}_{support.snake(name)}", test)


add_tests()

if __name__ == "__main__":
    support.main()
