"""Declarations: what declares an own GIL is loaded as usual, unless policy says that it is not to be believed."""

from build import SUFFIX
from case import Case
from recipes import alias, extension, package

BUILD = [
    package("declares"),
    extension("declares/_truly", "declares.c"),
    extension("declares/_pair", "pair.c"),
    alias(f"declares/_pair_silent{SUFFIX}", f"_pair{SUFFIX}"),
    extension("declares/_falsely", "declares.c", flags=["-DFALSELY"]),
    extension("declares/_busily", "declares.c", flags=["-DBUSILY"]),
    extension("declares/_other", "other.c"),
]


class Truly(Case):
    """Loaded as usual: one image for all, a state for each."""

    steps = ("use", "again")
    control = None
    no_control = "a twin: loaded as usual is right"
    since = (3, 12)
    name = "_truly"

    def use(self):
        module = self.module = __import__(f"declares.{self.name}", fromlist=["*"])
        self.mine = [self.number]
        return {"image": module.image(), "before": module.keep(self.mine) is None}

    def again(self):
        return self.module.keep(None) is self.mine

    def judge(self, seen):
        wrong = seen.alike(True, "use", "before") + seen.alike(True, "again")
        if len(set(seen.values("use", "image"))) != 1:
            wrong.append("an image was copied that declares an own GIL")
        return wrong


class Falsely(Truly):
    """Policy "all" makes a private image of what declares falsely."""

    name = "_falsely"
    policy = "all"
    control = "override"
    no_control = ""
    shows = "interpreter . has |SIG"

    def judge(self, seen):
        return seen.alike(True, "use", "before") + seen.alike(True, "again") + seen.apart("use", "image")


class FalselyByName(Falsely):
    """The same by a policy that is a function."""

    policy = {"declares._falsely": True}


class Busily(Case):
    """Its init function is run to read the declaration; what that imported stays."""

    control = None
    no_control = "a twin: loaded as usual is right"
    since = (3, 12)

    def use(self):
        from declares import _busily, _other

        return {"image": _busily.image(), "count": _other.count()}

    def judge(self, seen):
        return seen.alike(1, "use", "count")


class Pair(Case):
    """Of two modules in one file, the one that declares is loaded as usual, and the other one is copied."""

    since = (3, 12)
    shows = "two interpreters have the same"

    def use(self):
        from declares import _pair, _pair_silent

        return {"declared": _pair.place(), "silent": _pair_silent.place(), "count": _pair_silent.count()}

    def judge(self, seen):
        wrong = seen.apart("use", "silent") + seen.alike(1, "use", "count")
        if len(set(seen.values("use", "declared"))) != 1:
            wrong.append("an image was copied that declares an own GIL")
        return wrong
