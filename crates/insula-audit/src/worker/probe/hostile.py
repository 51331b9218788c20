# What hostile calls are made with: objects that lie, raise, return nonsense, or come back to who called them.
import sys


class Trouble(Exception):
    pass


class RaisingEq(str):
    def __eq__(self, other): raise Trouble("eq")
    __hash__ = str.__hash__


class RaisingHash(str):
    def __hash__(self): raise Trouble("hash")


class Unhashable(str):
    __hash__ = None


class NothingEq(str):
    def __eq__(self, other): return None
    def __hash__(self): return -2


class Everything:
    "Lies about whatever is asked."
    def __len__(self): return -1
    def __index__(self): raise Trouble("index")
    def __eq__(self, other): raise Trouble("eq")
    def __hash__(self): raise Trouble("hash")
    def __bool__(self): raise Trouble("bool")
    def __iter__(self): raise Trouble("iter")
    def __str__(self): raise Trouble("str")
    def __repr__(self): raise Trouble("repr")
    def __getattr__(self, name): raise Trouble("attribute")
    def __float__(self): raise Trouble("float")
    def __fspath__(self): raise Trouble("path")


class HugeLen(list):
    def __len__(self): return sys.maxsize
    def __length_hint__(self): return sys.maxsize


class ShrinkingList(list):
    def __getitem__(self, index):
        self.clear()
        return list.__getitem__(self, index)
    def __iter__(self):
        for one in list(self):
            self.clear()
            yield one


class StrangeIndex:
    def __index__(self): return HugeIndex


HugeIndex = 2 ** 70


class NotAString(str):
    def __str__(self): return 1
    def encode(self, *a): return None


class Endless:
    def __getattr__(self, name): return Endless()
    def __call__(self, *a, **k): return Endless()


class BadIterator:
    def __iter__(self): return self
    def __next__(self): raise Trouble("next")


class BadMapping(dict):
    def keys(self): return 1
    def items(self): return [(1,), None]
    def __getitem__(self, key): raise Trouble("item")


class BadReader:
    def read(self, *a): return -1
    def write(self, *a): return "x"
    def readinto(self, buffer): return 2 ** 40
    def __call__(self, *a): return None


def again(subject):
    for name in ("clear", "close", "reset", "release", "pop", "popitem", "detach", "__init__"):
        try:
            getattr(subject, name)()
        except BaseException:
            pass


class Reentering(str):
    subject = None
    def __eq__(self, other): again(Reentering.subject); return False
    def __hash__(self): again(Reentering.subject); return 1
    def __index__(self): again(Reentering.subject); return 0
    def __len__(self): again(Reentering.subject); return 1
    def __bool__(self): again(Reentering.subject); return True
    def __str__(self): again(Reentering.subject); return "x"
    def __repr__(self): again(Reentering.subject); return "x"
    def __iter__(self): again(Reentering.subject); return iter("ab")
    def __call__(self, *a): again(Reentering.subject); return "x"
    def __lt__(self, other): again(Reentering.subject); return True


def reentrant(subject, call):
    Reentering.subject = subject
    return call(subject, Reentering("a"))


class Duck:
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Duck()
    def __call__(self, *arguments): return Duck()


def kind(name):
    "The type of this module and name, also one that no module shows."
    waiting, known = [object], set()
    while waiting:
        cls = waiting.pop()
        for one in type.__subclasses__(cls):
            if one not in known:
                known.add(one)
                waiting.append(one)
                if "%s.%s" % (one.__module__, one.__name__) == name:
                    return one
    raise LookupError(name)


def fresh():
    "Only the iteration owns what it yields."
    for number in range(3):
        yield [number]


def clearing_list():
    "Comparing an item takes all of them away."
    owner = []

    class Item:
        def __eq__(self, other):
            owner.clear()
            return False
        __hash__ = object.__hash__

    owner.extend(Item() for _ in range(3))
    return owner


def emptying():
    "Looking at a value empties the dictionary."
    owner = {}

    class Value:
        def look(self, *arguments):
            owner.clear()
            raise Trouble("look")
        __str__ = __repr__ = __index__ = __float__ = __iter__ = __len__ = __call__ = __bool__ = __fspath__ = look

    for key in "abc":
        owner[key] = Value()
    return owner


def emptied(call):
    "A callback that takes away what the callable works on, before it and behind it."
    for made in (lambda: {"a": object(), "b": object()}, lambda: [object(), object()]):
        for turned in (False, True):
            subject = made()

            def callback(*arguments):
                subject.clear()
                return "x"

            try:
                call(*((callback, subject) if turned else (subject, callback)))
            except Exception:
                pass


def while_iterating(subject):
    iterator = iter(subject)
    next(iterator, None)
    again(subject)
    return [one for _, one in zip(range(1000), iterator)]


def exhausted(subject):
    iterator = iter(subject)
    for _ in zip(range(1000), iterator):
        pass
    for state in (0, -1, 1, sys.maxsize):
        try:
            iterator.__setstate__(state)
            next(iterator, None)
        except Exception:
            pass
    return iterator.__reduce__()


DEEP = []


def deep():
    "Lists in lists: more than there is stack for whoever does not count."
    if not DEEP:
        made = []
        for _ in range(400000):
            made = [made]
        DEEP.append(made)
    return DEEP[0]
