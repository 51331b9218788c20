# What the user's environment tells pytest.

# Options of the plugins that are not loaded here: with a value in a word of its own, or without one.
WITH_VALUE = {"-n", "--numprocesses", "--maxprocesses", "--dist", "--tx", "--rsyncdir", "--timeout", "--timeout-method",
              "--session-timeout", "--cov", "--cov-report", "--cov-config", "--cov-fail-under", "--cov-context"}
ALONE = {"-f", "--looponfail", "--no-cov", "--no-cov-on-fail", "--cov-append", "--cov-branch", "--cov-reset", "--lf",
         "--last-failed", "--ff", "--failed-first", "--nf", "--new-first", "--cache-clear", "--sw", "--stepwise"}


def for_these_plugins(words):
    """The same options without those of plugins that are not loaded here."""
    kept, skip = [], False
    for word in words:
        value, skip = skip and not word.startswith("-"), False
        name = "-n" if word.startswith("-n") else word.partition("=")[0]
        if name in WITH_VALUE:
            skip = word == name
        elif not value and name not in ALONE:
            kept.append(word)
    return kept


def adopt_options():
    """Takes from `PYTEST_ADDOPTS`, which pytest reads itself, what would be a wrong option here."""
    import os
    import shlex

    given = shlex.split(os.environ.get("PYTEST_ADDOPTS", ""))
    kept = for_these_plugins(given)
    if kept != given:
        os.environ["PYTEST_ADDOPTS"] = " ".join(map(shlex.quote, kept))
