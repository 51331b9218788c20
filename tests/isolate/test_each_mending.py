"""Each thing that keeps images apart, taken out: the planted packages notice, each for itself.

Only a build of `insula_isolate` with the feature `testing` honours INSULA_ISOLATE_WITHOUT; others are told apart below.
"""

import re
import unittest

import support_planted as support

MENDINGS = "unique", "closure", "foreign", "pending", "state", "names", "single", "relro", "atexit", "kept"


def cases_for(mending):
    return [(theme, name, case) for theme, name, case in support.all_cases() if mending in case.without]


class EachMending(unittest.TestCase):
    """Without one mending, every case that names it fails; with all of them, it does not (test_planted.py)."""

    def test_every_mending_has_a_case(self):
        for mending in MENDINGS:
            with self.subTest(mending):
                self.assertTrue(cases_for(mending))

    def test_every_name_is_a_mending(self):
        for theme, name, case in support.all_cases():
            with self.subTest(f"{theme}.{name}"):
                self.assertIsInstance(case.without, tuple)
                self.assertLessEqual(set(case.without), set(MENDINGS))


def mending_test(mending, theme, name, case):
    def test(self):
        shows = case.without_shows or case.shows
        shows = shows.get(mending, case.shows) if isinstance(shows, dict) else shows
        for seed in range(3):
            outcome = support.run(theme, name, "isolate", without=mending, seed=seed)
            if re.search(shows, "\n".join(outcome.complaints)):
                return
        self.fail(f"without {mending!r}, nothing of {shows!r} is seen (was it built with `testing`?):\n{outcome}")
    return test


def add_tests():
    for mending in MENDINGS:
        for theme, name, case in cases_for(mending):
            test = mending_test(mending, theme, name, case)
            test.__doc__ = f"Without {mending!r}: {(case.__doc__ or '').strip().splitlines()[0]}"
            setattr(EachMending, f"test_{mending}_{theme}_{support.snake(name)}", test)


add_tests()

if __name__ == "__main__":
    support.main()
