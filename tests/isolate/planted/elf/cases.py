"""Ways to link: each variant is the same extension, which must work and be each interpreter's own."""

from case import Case
from recipes import extension, library, package

VARIANTS = {
    "plain": [],
    "text_relocations": ["-DWITH_TEXTREL", "-Wl,-z,notext"],
    "ifunc": ["-DWITH_IFUNC"],
    "init_and_fini": ["-DWITH_INIT", "-Wl,-init,planted_init", "-Wl,-fini,planted_fini"],
    "packed_relocations": ["-Wl,-z,pack-relative-relocs"],
    "now": ["-Wl,-z,now", "-Wl,-z,relro"],
    "lazy": ["-Wl,-z,lazy"],
    "no_relro": ["-Wl,-z,norelro"],
    "no_plt": ["-fno-plt"],
    "hash_sysv": ["-Wl,--hash-style=sysv"],
    "hash_gnu": ["-Wl,--hash-style=gnu"],
    "hash_both": ["-Wl,--hash-style=both"],
    "stripped": ["-s"],
    "pages_of_64k": ["-Wl,-z,max-page-size=65536"],
    "pages_of_2m": ["-Wl,-z,max-page-size=2097152"],
    "one_segment_for_code_and_data": ["-Wl,-z,noseparate-code"],
    "never_unmapped": ["-Wl,-z,nodelete"],
    "origin_flag": ["-Wl,-z,origin", "-Wl,-rpath,$ORIGIN"],
    "symbolic": ["-Wl,-Bsymbolic"],
    "init_first": ["-Wl,-z,initfirst"],
    "without_build_id": ["-Wl,--build-id=none"],
    "executable_stack_note": ["-Wl,-z,execstack"],
}
INNER, OUTER = "elf.libs/libinner-01020304.so", "elf.libs/libouter-05060708.so"

BUILD = [package("elf"), library(INNER, "order.c"), library(OUTER, "order.c", needs=[INNER], flags=["-DOUTER"]),
         extension("elf/_order", "order_user.c", needs=[OUTER], runpath="$ORIGIN/../elf.libs"),
         extension("elf/_no_sections", "elf.c", flags=["-DNAME=_no_sections", "-s"], after="no section headers")]
BUILD += [extension(f"elf/_{name}", "elf.c", flags=[f"-DNAME=_{name}", *flags]) for name, flags in VARIANTS.items()]


def permissions(address):
    """The kernel's letters of the page that holds an address."""
    with open("/proc/self/maps") as file:
        for line in file:
            range_, letters = line.split()[:2]
            begin, _, end = range_.partition("-")
            if int(begin, 16) <= address < int(end, 16):
                return letters
    return None


class Plain(Case):
    """As compilers link when nothing is said."""

    shows = "two interpreters have the same"
    variant = "plain"

    def use(self):
        module = __import__(f"elf._{self.variant}", fromlist=["*"])
        facts = module.facts()
        try:
            module.raises([])
            said = None
        except TypeError as error:
            said = str(error)
        facts["permissions"] = permissions(facts.pop("relro"))
        return {"facts": facts, "place": module.place(), "said": said,
                "counted": [module.count() for _ in range(100)][-1], "copied": module.raises({"a": 1}) == {"a": 1}}

    def expected(self):
        return {"table": True, "chosen": 1, "initialised": 112 if self.variant == "init_and_fini" else 12,
                "textrel": 43 if self.variant == "text_relocations" else 0,
                "permissions": "rw-p" if self.variant == "no_relro" else "r--p"}

    def judge(self, seen):
        wrong = seen.apart("use", "place") + seen.alike(self.expected(), "use", "facts")
        wrong += seen.alike(100, "use", "counted")
        wrong += seen.alike("not a dict but list", "use", "said") + seen.alike(True, "use", "copied")
        ended = [line for line in seen.log if line.startswith("fini")]
        images = len(seen.interpreters)
        if self.variant == "init_and_fini" and (len(ended) > images or seen.log.count("init") != images):
            wrong.append(f"DT_INIT or DT_FINI ran too often or never: {seen.log}")
        return wrong


class ReadOnlyAgain(Plain):
    """Pages that the dynamic loader protects after relocation are protected after binding, too."""

    without = ("relro",)
    without_shows = "has facts"
    variant = "now"


class ExecutableStackNote(Plain):
    """Linked with -z execstack, which newer dynamic loaders refuse to load into a process that runs."""

    variant = "executable_stack_note"
    control = None
    no_control = "as Plain"

    def use(self):
        try:
            return super().use()
        except ImportError as error:
            return {"refused": str(error)}

    def judge(self, seen):
        refused = seen.values("use")
        if any("refused" in value for value in refused):
            return [f"it was refused without a reason: {value}" for value in refused
                    if "executable stack" not in value.get("refused", "")]
        return super().judge(seen)


for name_ in [*VARIANTS, "no_sections"]:
    class_ = "".join(part.capitalize() for part in name_.split("_"))
    if class_ not in globals():
        globals()[class_] = type(class_, (Plain,), {
            "__module__": __name__, "__doc__": f"Linked with {' '.join(VARIANTS.get(name_, ['no section headers']))}.",
            "variant": name_, "control": None, "no_control": "as Plain"})


NeverUnmapped.kept = "never to be unmapped"  # noqa: F821


class Order(Case):
    """Constructors of bundled libraries run before those of what needs them."""

    shows = "ran as"
    threads = False

    def use(self):
        from elf import _order

        return _order.place()

    def judge(self, seen):
        once = ["constructor inner", "constructor outer", "constructor extension"]
        wrong = [] if seen.log == once * len(seen.interpreters) else [f"constructors ran as {seen.log}"]
        return wrong + seen.apart("use")
