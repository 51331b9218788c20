"""Bundled libraries that need each other, and share a thread-local variable."""

from case import Case
from recipes import extension, library, package

LIBS = "circle.libs"
ROUND = [f"libround-{part}-77aa77aa.so.1" for part in ("a", "b", "fixed-a", "fixed-b")]
RUNPATH = "$ORIGIN/../circle.libs"

BUILD = [
    package("circle"),
    # What they are linked with at first, for neither can be there before the other.
    *(library(f"stubs/{name}", "round_b.c") for name in ROUND[1::2]),
    library(f"{LIBS}/{ROUND[0]}", "round_a.c", needs=[f"stubs/{ROUND[1]}"]),
    library(f"{LIBS}/{ROUND[1]}", "round_b.c", needs=[f"{LIBS}/{ROUND[0]}"]),
    library(f"{LIBS}/{ROUND[2]}", "round_a.c", needs=[f"stubs/{ROUND[3]}"], flags=["-ftls-model=initial-exec"]),
    library(f"{LIBS}/{ROUND[3]}", "round_b.c", needs=[f"{LIBS}/{ROUND[2]}"]),
    extension("circle/_round", "round_user.c", needs=[f"{LIBS}/{ROUND[1]}"], runpath=RUNPATH),
    extension("circle/_round_fixed", "round_user.c", needs=[f"{LIBS}/{ROUND[3]}"], runpath=RUNPATH,
              flags=["-DFIXED"]),
]


class Round(Case):
    """Two libraries that need each other share a thread-local variable; two interpreters do not."""

    control = "copy"
    shows = "two interpreters have the same"
    threads = False

    def use(self):
        from circle import _round

        *counts, place = _round.go()
        return {"counts": counts, "place": place}

    def judge(self, seen):
        return seen.alike([42 + 52, 42 + 52], "use", "counts") + seen.apart("use", "place")


class RoundFixed(Case):
    """Where only the dynamic loader can set such a variable up, the import says so, and what to do."""

    control = None
    no_control = "a refusal"

    def use(self):
        try:
            from circle import _round_fixed
        except ImportError as error:
            return str(error)
        return _round_fixed.go()[0]

    def judge(self, seen):
        if self.mode == "main":
            return seen.alike(42 + 52, "use")
        return [f"it does not say why, and what to do: {said}" for said in seen.values("use")
                if not ("thread-local variable turn" in str(said) and "share" in str(said))]
