"""Thread-local variables of private images."""

from case import Case
from inside import here
from recipes import extension, package

BUILD = [
    package("tls"),
    extension("tls/_tls", "tls.cpp"),
    extension("tls/_big", "tls.cpp", flags=["-DBIG"]),
    extension("tls/_static_tls", "static_tls.c", flags=["-DBYTES=64"]),
    extension("tls/_huge", "static_tls.c", flags=["-DBYTES=1200", "-DHUGE"]),
]


class InOneThread(Case):
    """Interpreters that take turns in one thread have thread-local variables of their own."""

    legacy = True
    steps = ("use", "again")
    threads = False
    shows = "two interpreters|has "
    module = "_tls"
    value = [100, 100]

    def use(self):
        self.module = __import__(f"tls.{self.module}", fromlist=["*"])
        return {"counted": [self.module.add() for _ in range(50)][-1], "place": self.module.place()}

    def again(self):
        return [self.module.add() for _ in range(50)][-1]

    def judge(self, seen):
        return seen.apart("use", "place") + seen.alike(self.value, "again")


class BigInOneThread(InOneThread):
    """A megabyte of general-dynamic TLS."""

    module = "_big"


class StaticInOneThread(InOneThread):
    """Initial-exec TLS, little of it."""

    module = "_static_tls"
    value = 100


class DestructorInThread(Case):
    """A native thread's thread-local destructor that attaches is in the interpreter of its image."""

    control_count = 1
    shows = "ran in|ended in"
    without = ("foreign",)

    def use(self):
        from tls import _tls

        where = []

        class Witness:
            def __del__(self):
                where.append(here())

        _tls.thread(Witness())
        return {"where": where, "ran": len(where), "destructors": _tls.destructors()}

    def judge(self, seen):
        return seen.own("use", "where") + seen.alike(1, "use", "ran") + seen.alike(1, "use", "destructors") + [
            f"{line}: ended in none of the interpreters" for line in seen.log if line.startswith("destructor in")
            and int(line.split()[-1]) not in seen.ids()]


class DestructorAfterTheEnd(Case):
    """A thread that ends after its interpreter: its thread-local destructors are still mapped."""

    control = None
    no_control = "plain loading closes nothing"

    def use(self):
        from tls import _tls

        return _tls.add()[0] + self.number

    def judge(self, seen):
        ran = [line for line in seen.log if line.startswith("thread-local destructor")]
        wrong = [] if len(ran) == len(seen.interpreters) else [f"destructors ran: {ran}"]
        return wrong


class Keys(Case):
    """Keys of POSIX: values are the image's, and their destructors run for native threads that end."""

    threads = False
    steps = ("use", "again")
    shows = "has "

    def use(self):
        from tls import _tls

        _tls.hold_key(100 + self.number)
        for number in range(5):
            _tls.key_thread(number + 1)
        return _tls.key_destructors()

    def again(self):
        from tls import _tls

        return _tls.key_value() - 100 == self.number

    def judge(self, seen):
        return seen.alike(5, "use") + seen.alike(True, "again")


class KeyAfterTheEnd(Case):
    """A thread that ends after its interpreter: the destructor of its key's value runs, in a mapped image, once."""

    control = None
    no_control = "plain loading closes nothing"

    def use(self):
        from tls import _tls

        _tls.hold_key(100 + self.number)
        return _tls.key_value()

    def judge(self, seen):
        ran = sorted(int(line.split()[-1]) for line in seen.log if line.startswith("key destructor"))
        if self.mode == "main":  # The main thread ends by exit(), for which POSIX runs no destructors.
            return [] if ran == [] else [f"destructors ran: {ran}"]
        expected = [100 + number for number in range(len(seen.interpreters))]
        return [] if ran == expected else [f"destructors ran: {ran}, not {expected}"]


class AttachingDestructorAfterTheEnd(Case):
    """The same, where the destructor attaches: the thread ends nevertheless, for somebody joins it."""

    control = None
    no_control = "what plain loading does is another interpreter's business"
    in_main = False

    def use(self):
        from tls import _tls

        _tls.hold([])

    def judge(self, seen):
        return [f"{line}, though its interpreter has ended" for line in seen.log if line.startswith("destructor in")]


class StaticBlockExhausted(Case):
    """More static TLS than the process has left: an ImportError that says so, and the process lives on."""

    control = None
    no_control = "about the error's text"
    count = 8
    threads = False
    in_main = False
    since = (3, 12)

    def use(self):
        try:
            from tls import _huge

            return {"counted": _huge.add()}
        except ImportError as error:
            return {"said": str(error), "name": error.name, "path": repr(error.path)}

    def judge(self, seen):
        refused = [value for value in seen.values("use") if "said" in value]
        wrong = [] if refused else ["eight copies had room: the test shows nothing"]
        for value in refused:
            if "static TLS" not in value["said"] or "GLIBC_TUNABLES" not in value["said"]:
                wrong.append(f"the error says neither what is exhausted nor what to do: {value['said']}")
            if value["name"] != "tls._huge" or not value["path"].startswith(repr(self.site)[:-1]):
                wrong.append(f"the error names {value['name']}, {value['path']}")
        return wrong
