"""A planted case: what its interpreters do, and how right is told from wrong."""


class Case:
    """Subclasses define the steps, which return plain values, and `judge`, which returns complaints: none is right.

    A step runs in all interpreters before the next one begins. `number` is 0, 1, 2 ... by interpreter, `site` the
    folder of the planted packages, `scratch` a folder of this run.
    """

    steps = ("use",)
    threads = True  # each interpreter in a thread of its own; else all take turns in the main thread
    count = 3  # interpreters; two on 3.11
    control = "override"  # how interpreters load that have no mending; `None` says why in `no_control`
    control_count = None  # interpreters of the control, where one is enough
    shows = ""  # a pattern: what the control must be seen to do wrong
    no_control = ""
    without = ()  # the mendings that this case notices when one of them is taken out
    without_shows = None  # a pattern for that, where it differs from `shows`
    policy = None
    private = ()
    share = ()
    kept = None  # a pattern for why images must stay when all interpreters and their threads have ended; else none may
    environment = {}  # `{site}` stands for the folder of the planted packages
    since = (3, 11)
    legacy = False  # seen in legacy interpreters, too
    in_main = True  # the main interpreter alone, with plain loading, gets it right
    timeout = 60

    def judge(self, seen):
        raise NotImplementedError


class Seen:
    """What a run left behind."""

    def __init__(self, steps, interpreters, log, afterwards, counts):
        self.steps, self.interpreters, self.log, self.afterwards = steps, interpreters, log, afterwards
        #: Of images, by insula_isolate: when all interpreters have ended, and when their threads have, too.
        self.counts = counts

    def values(self, step, key=None):
        found = [one[step]["value"] for one in self.interpreters if "value" in one.get(step, {})]
        return found if key is None else [value[key] for value in found]

    def ids(self):
        return [one[self.steps[0]].get("here") for one in self.interpreters if self.steps[0] in one]

    def failures(self):
        return [f"interpreter {number}, {step}: {result['failed']}" for number, one in enumerate(self.interpreters)
                for step, result in one.items() if "failed" in result]

    def apart(self, step, key=None):
        """No value may be seen in two interpreters."""
        values = self.values(step, key)
        if len(set(map(repr, values))) == len(values):
            return []
        return [f"two interpreters have the same {key or step}: {values}"]

    def alike(self, expected, step, key=None):
        """Each interpreter has this value."""
        return [f"interpreter {number} has {key or step} {value!r}, not {expected!r}"
                for number, value in enumerate(self.values(step, key)) if value != expected]

    def own(self, step, key=None):
        """Each value, or each member of it, is the id of the interpreter that returned it."""
        complaints = []
        for one in self.interpreters:
            if "value" not in one.get(step, {}):
                continue
            value = one[step]["value"] if key is None else one[step]["value"][key]
            for member in value if isinstance(value, list) else [value]:
                if member != one[step]["here"]:
                    complaints.append(f"{key or step} ran in interpreter {member}, not in {one[step]['here']}")
        return complaints
