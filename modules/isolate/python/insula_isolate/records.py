"""What was done with each extension module of this interpreter, and why."""

from __future__ import annotations

from insula_isolate import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from insula_isolate.policy import Policy

ISOLATED = "isolated by copy"
AS_USUAL = "loaded as usual"
REFUSED = "refused"
MAIN = "main interpreter"


class Record:
    """One extension module of this interpreter."""

    __slots__ = ("name", "path", "action", "why")

    def __init__(self, name: str, path: str, action: str, why: str) -> None:
        self.name = name
        self.path = path
        #: "isolated by copy", "loaded as usual", "refused" or "main interpreter".
        self.action = action
        self.why = why

    def __repr__(self) -> str:
        return f"Record(name={self.name!r}, path={self.path!r}, action={self.action!r}, why={self.why!r})"


class Report(list[Record]):
    """The records of an interpreter, in the order of the imports; `str()` of it is a table."""

    def __init__(self, records: list[Record], remarks: list[str]) -> None:
        super().__init__(records)
        #: What concerns no single module: entries of a policy that named nothing, interpreters that had to be kept.
        self.remarks = remarks

    def __str__(self) -> str:
        rows = [("module", "what was done", "why")] + [(each.name, each.action, _line(each.why)) for each in self]
        first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
        lines = [f"{name:<{first}}  {action:<{second}}  {why}" for name, action, why in rows]
        return "\n".join(lines + self.remarks)


#: By name and path: a module that is imported again has one record.
_records: dict[tuple[str, str], Record] = {}


def record(name: str, path: str, action: str, why: str) -> None:
    """Note what was done with a module."""
    _records[name, path] = Record(name, path, action, why)


def report() -> Report:
    """What was done with each extension module of this interpreter, and why."""
    from insula_isolate import hook

    remarks = []
    if (policy := hook.policy()) is not None:
        remarks += policy.named_nothing() + _libraries_named_nothing(policy)
    elif not _native.is_main():
        remarks.append("insula_isolate.install() was not called in this interpreter")
    remarks += kept_interpreters()
    counts = _native.counts()
    if counts["kept"]:
        reasons = ", ".join(f"{why}: {number}" for why, number in counts["kept_why"].items())
        remarks.append(f"{counts['kept']} images of ended interpreters stay mapped ({reasons})")
    if counts["hung_threads"]:
        remarks.append(f"{counts['hung_threads']} native threads wait for ever: their interpreter has ended")
    if refused := _native.refused():
        remarks.append(f"called here without effect, since they concern the process: {', '.join(refused)}")
    if _native.is_main():
        hook.record_loaded(MAIN, "extension modules load as ever in the main interpreter")
    return Report(list(_records.values()), remarks)


def _libraries_named_nothing(policy: Policy) -> list[str]:
    """Each entry of `share` that named none of the bundled libraries of the modules imported so far, in words."""
    if not policy.share:
        return []
    from insula_isolate.policy import fits

    needed: set[str] = set()
    seen: set[str] = set()
    files = {each.path for each in _records.values() if each.action == ISOLATED}
    while files:
        try:
            seen.add(path := files.pop())
            inspected = _native.inspect(path, "", policy.shared)
        except ImportError:
            # The file was changed since: there is nothing to say of it.
            continue
        needed.update(inspected["needed"])
        files.update(each for each in inspected["private"] if each not in seen)
    return [
        f"share = {pattern!r} in {policy.origin} has named no library so far"
        for pattern in policy.share
        if not any(fits(name, pattern) for name in needed)
    ]


#: Per interpreter that a pool of this interpreter could not end: its number, and why.
_kept: list[tuple[int, str]] = []


def keep_interpreter(number: int, why: str) -> None:
    """Note that an interpreter was not ended."""
    _kept.append((number, why))


def kept_interpreters() -> list[str]:
    """Each interpreter of this interpreter's pools that was not ended, in words."""
    return [f"interpreter {number} was not ended: {why}" for number, why in _kept]


def _line(text: str) -> str:
    return " ".join(text.split())
