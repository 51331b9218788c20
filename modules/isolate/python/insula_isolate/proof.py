"""`verify()`: whether the variables of this interpreter's images reach only objects of this interpreter."""

from __future__ import annotations

import gc
import marshal
import sys
from importlib.machinery import BuiltinImporter, ExtensionFileLoader

from insula_isolate import _cpython, _native, hook, policy, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: Where the interpreters leave what they saw: one place for the process, which no other number takes.
_LEDGER = 0


class Verification:
    """What verify() saw. True if it proves something and found nothing."""

    def __init__(self, interpreters: list[int], images: int, words: int, findings: list[str]) -> None:
        #: The interpreters that were compared, this one included.
        self.interpreters = interpreters
        #: The images of this interpreter, and how many pointer-sized words of their variables were read.
        self.images = images
        self.words = words
        #: What was found, in words.
        self.findings = findings

    def __bool__(self) -> bool:
        return not self.findings and len(self.interpreters) > 1

    def __str__(self) -> str:
        if self.findings:
            return "not isolated:\n" + "\n".join(self.findings)
        if len(self.interpreters) < 2:
            return "nothing proved: no other live interpreter has called verify() yet; call it in two of them"
        return (
            f"isolated: {self.words} words in the variables of {self.images} images reach no object of another of "
            f"{len(self.interpreters)} interpreters"
        )

    __repr__ = __str__


def verify() -> Verification:
    """Compare the images of this interpreter with all live interpreters that have called this.

    No image of the one may hold the address of a mortal object of the other, no image may be in two, and no module
    outside the standard library that is loaded as usual may hold the address of a mortal object at all. The first
    caller has nobody to be compared with, so its result is false and says so: call it in two interpreters, or in the
    main interpreter first.
    """
    gc.collect()
    here = _native.interpreter()
    shared = [
        each.path
        for each in records.report()
        if each.action == records.AS_USUAL and each.path and not policy.is_stdlib(each.name, each.path)
    ]
    pointers: dict[str, list[int]] = {}
    for path, words in _native.pointers(shared):
        pointers[path] = pointers.get(path, []) + words
    turn = _native.key()
    seen = (
        {path: sorted(set(words)) for path, words in pointers.items() if path not in shared},
        [(image["address"], image["size"], image["path"]) for image in _native.images()],
        _mortal_objects(),
        turn,
    )
    _native.lock_imports()
    try:
        data = _native.take(_LEDGER)
        ledger: dict[int, tuple[dict[str, list[int]], list[tuple[int, int, str]], list[int], int]]
        ledger = marshal.loads(data) if data else {}
        before = ledger.get(here)
        alive = _cpython.alive()
        ledger = {number: each for number, each in ledger.items() if number in alive and number != here}
        ledger[here] = seen
        _native.put(_LEDGER, marshal.dumps(ledger))
    finally:
        _native.unlock_imports()

    own = set(seen[2])
    findings = [
        f"{path}: loaded as usual, yet its variables hold the addresses of {len(held)} objects of interpreter {here}"
        for path in shared
        if (held := own.intersection(pointers.pop(path, ())))
    ]
    for other, (their_words, their_images, their_objects, their_turn) in ledger.items():
        if other == here:
            continue
        theirs_now, ours_then = set(their_objects), own
        if sys.version_info < (3, 12):
            # Interpreters share one allocator there: what one of them has released, another one may have got since. So
            # an object counts if its interpreter has it still, or had it before the other looked, and has it now.
            tracked = _native.tracked(other)
            theirs_now = theirs_now if tracked is None else theirs_now.intersection(tracked)
            ours_then = own.intersection(before[2]) if before and before[3] < their_turn else set()
        findings += _reached(here, seen[0], other, theirs_now)
        findings += _reached(other, their_words, here, ours_then)
        findings += [
            f"{path}: interpreters {here} and {other} have one image of it, at {address:#x}"
            for address, size, path in seen[1]
            if any(address < theirs + length and theirs < address + size for theirs, length, _ in their_images)
        ]
    read = sum(map(len, pointers.values()))
    return Verification(sorted(ledger), len(seen[1]), read, findings)


def _reached(owner: int, words: dict[str, list[int]], other: int, objects: set[int]) -> list[str]:
    found = {path: objects.intersection(values) for path, values in words.items()}
    return [
        f"{path}: the image of interpreter {owner} holds the addresses of {len(each)} objects of interpreter {other}"
        for path, each in found.items()
        if each
    ]


def _mortal_objects() -> list[int]:
    """The addresses of this interpreter's objects. Those that live as long as the process belong to all."""
    tracked = gc.get_objects()
    found = {id(each): each for each in tracked if _mortal(each)}
    # CPython 3.11 shares texts and small numbers between interpreters that share a GIL.
    if sys.version_info >= (3, 12):
        for each in gc.get_referents(*filter(_says_its_referents, tracked)):
            if _mortal(each):
                found[id(each)] = each
    else:
        # It gives the objects of its own modules to all of them, with insula_isolate and without: one socket.gaierror.
        for each in _given_to_all():
            found.pop(id(each), None)
    own = (id(tracked), id(found))
    return [address for address in found if address not in own]


def _given_to_all() -> Iterator[object]:
    """What the standard library's own extension modules hold, but for those of which there is a copy."""
    copies = {each.name for each in records.report() if each.action == records.ISOLATED}
    for name, module in list(sys.modules.items()):
        loader = hook.loader_of(module)
        file = isinstance(loader, ExtensionFileLoader) and policy.is_stdlib(name, str(loader.path))
        if loader is BuiltinImporter or (file and name not in copies):
            yield from vars(module).values()


def _says_its_referents(each: object) -> bool:
    # That of CPython 3.12.1 says freed objects, too: with a reference to them the next collection does not end.
    return sys.version_info >= (3, 13) or each is not sys.modules.get("_asyncio")


#: Nor may the attributes of a class be asked for: its metaclass may answer.
_flags = vars(type)["__flags__"].__get__


def _mortal(each: object) -> bool:
    # isinstance() would ask the object, as for its `__class__`: a weak proxy whose object is gone raises.
    if issubclass(type(each), type) and not _flags(each) & (1 << 9):
        # A static type: not on the heap.
        return False
    # Immortal objects have a count that no program reaches.
    return sys.getrefcount(each) < 1 << 28
