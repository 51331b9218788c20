"""pytest in sub-interpreters: a test suite in several interpreters of one process, at once.

PYTEST_DONT_REWRITE: in an interpreter it is imported before pytest could.
"""
