"""Static objects: types, caches, interned strings and exceptions in C variables.

Where an interned string lies says nothing: in some versions, interpreters that share a GIL share the interned strings.
"""

from case import Case
from inside import here
from recipes import extension, package

BUILD = [package("statics"), extension("statics/_statics", "statics.c")]


class Objects(Case):
    """Each interpreter has its own type, cache, interned string and exception."""

    steps = ("use", "again")
    shows = "two interpreters|has |SIG"

    def use(self):
        from statics import _statics

        self.module = _statics
        self.mine = [self.number]
        self.interned = __import__("sys").intern("planted " + "interned string")
        try:
            _statics.raise_it()
        except _statics.Error as error:
            raised = str(error)
        return {"remembered": _statics.remember("key", self.mine) is self.mine, "raised": raised,
                "interned": _statics.same_string(self.interned),
                "text": _statics.text_of_import == f"imported by {here()}",
                "places": _statics.places()}

    def again(self):
        Thing = self.module.Thing
        classes = [type(f"Sub{number}", (Thing,), {"number": self.number}) for number in range(50)]
        instances = [cls() for cls in classes for _ in range(20)]
        return {"remembered": self.module.remember("key", None) is self.mine,
                "subclasses": len(Thing.__subclasses__()),
                "numbers": sorted({one.number for one in instances}) == [self.number],
                "module": Thing.__module__, "interned": self.module.same_string(self.interned)}

    def judge(self, seen):
        places = sum(seen.values("use", "places"), [])
        met = [] if len(set(places)) == len(places) else [f"two interpreters have the same places: {places}"]
        return (met + sum((seen.alike(True, "use", key) for key in ("remembered", "interned", "text")), [])
                + seen.alike("planted", "use", "raised")
                + sum((seen.alike(True, "again", key) for key in ("remembered", "numbers", "interned")), [])
                + seen.alike(50, "again", "subclasses") + seen.alike("statics._statics", "again", "module"))


class ObjectsInTurns(Objects):
    """The same where interpreters take turns in one thread."""

    legacy = True
    threads = False
