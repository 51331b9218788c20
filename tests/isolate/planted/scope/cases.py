"""RTLD_GLOBAL: images in the global scope whose symbols would be found by those of other interpreters."""

import os
import sys

from case import Case
from recipes import extension, package

BUILD = [
    package("scope"),
    extension("scope/_provider", "provider.c"),
    extension("scope/_user", "user.c"),
]


class Flags(Case):
    """sys.setdlopenflags with RTLD_GLOBAL before the import: an exported variable is still the interpreter's own."""

    legacy = True
    control = "copy"
    shows = "two interpreters have the same"

    def use(self):
        before = sys.getdlopenflags()
        sys.setdlopenflags(os.RTLD_NOW | os.RTLD_GLOBAL)
        try:
            from scope import _provider
        finally:
            sys.setdlopenflags(before)
        return {"place": _provider.place(), "counted": [_provider.count() for _ in range(20)][-1]}

    def judge(self, seen):
        return seen.apart("use", "place") + seen.alike(20, "use", "counted")


class Provided(Case):
    """An extension that takes symbols from one loaded before with RTLD_GLOBAL: its interpreter's, or an ImportError."""

    control = "copy"
    shows = "two interpreters have the same"

    def use(self):
        before = sys.getdlopenflags()
        sys.setdlopenflags(os.RTLD_NOW | os.RTLD_GLOBAL)
        try:
            from scope import _provider
        finally:
            sys.setdlopenflags(before)
        try:
            from scope import _user
        except ImportError as error:
            return {"place": [_provider.place()], "refused": str(error)}
        return {"place": [_provider.place(), _user.place()], "same": _provider.place() == _user.place(),
                "counted": [_provider.count(), _user.count()]}

    def judge(self, seen):
        wrong = seen.apart("use", "place")
        for value in seen.values("use"):
            if "refused" in value and "planted_shared_" not in value["refused"]:
                wrong.append(f"refused without naming the symbol: {value['refused']}")
            if "refused" not in value and (not value["same"] or value["counted"] != [1, 2]):
                wrong.append(f"the two extensions do not meet: {value}")
        return wrong
