"""Where a library is found that an extension needs: where the dynamic loader finds it."""

from build import SUFFIX
from case import Case
from recipes import alias, extension, library, package

BUILD = [
    package("found"),
    # As an installer leaves it that keeps each file once.
    library("store/library", "library.c", soname="liblinked.so.1"),
    extension("store/_linked", "user.c", flags=["-DNAME=_linked"], needs=["store/library"], runpath="$ORIGIN"),
    alias("found/liblinked.so.1", "../store/library"),
    alias(f"found/_linked{SUFFIX}", f"../store/_linked{SUFFIX}"),
]


class Linked(Case):
    """Files that are symbolic links into a store: `$ORIGIN` is the folder of the link."""

    shows = "two interpreters have the same"
    module, version = "_linked", 1

    def use(self):
        module = __import__(f"found.{self.module}", fromlist=["*"])
        return {"version": module.version(), "place": module.place()}

    def judge(self, seen):
        return seen.alike(self.version, "use", "version") + seen.apart("use", "place")
