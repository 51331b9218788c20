"""Processes that may not do everything: no memfd, no temporary folder, no file descriptors, no room."""

import errno
import importlib
import os
import resource
import sys

from case import Case
from recipes import extension, package

BUILD = [package("confined"), extension("confined/_confine", "confine.c"),
         extension("confined/_work", "confine.c", flags=["-DWORK"])]


class NoMemfd(Case):
    """A seccomp filter without memfd_create: copies lie in a folder instead, and nothing of them stays there."""

    control = None
    no_control = "plain loading makes no copies"
    in_main = False
    may_refuse = False
    error = errno.ENOSYS

    def beforehand(self):
        sys.path.insert(0, self.site)
        confine = importlib.import_module("confined._confine")
        confine.deny(confine.memfd(), self.error)
        sys.path.remove(self.site)

    def use(self):
        try:
            from confined import _work
        except ImportError as error:
            return {"refused": str(error), "name": error.name}
        return {"place": _work.place(), "counted": [_work.count() for _ in range(5)][-1]}

    def afterwards(self):
        folder = os.environ.get("TMPDIR")
        return sorted(os.listdir(folder)) if folder and os.path.isdir(folder) else []

    def judge(self, seen):
        wrong = []
        values = seen.values("use")
        for value in values:
            if "refused" in value:
                if not self.may_refuse:
                    wrong.append(f"refused: {value['refused']}")
                elif value["name"] != "confined._work" or len(value["refused"].split()) < 8:
                    wrong.append(f"the error says too little: {value['refused']}")
            elif value["counted"] != 5:
                wrong.append(f"it counted {value['counted']}")
        places = [value["place"] for value in values if "place" in value]
        if len(set(places)) != len(places):
            wrong.append(f"two interpreters have the same image: {places}")
        if seen.afterwards:
            wrong.append(f"files stay behind: {seen.afterwards}")
        return wrong


class MemfdForbidden(NoMemfd):
    """The same where the filter says EPERM."""

    error = errno.EPERM


class NowhereToCopy(NoMemfd):
    """Neither memfd_create nor a temporary folder: works elsewhere, or says so."""

    may_refuse = True
    environment = {"TMPDIR": "/nonexistent/planted"}


class FilesOfNoSize(NoMemfd):
    """RLIMIT_FSIZE of zero, which is what a full disk looks like: an error that says so."""

    may_refuse = True

    def beforehand(self):
        pass

    def use(self):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            return super().use()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    threads = False


class NoDescriptors(FilesOfNoSize):
    """No file descriptor is left."""

    def use(self):
        from confined import _work as unused  # noqa: F401 - what importing itself opens is not the matter

        del sys.modules["confined._work"]
        held = []
        try:
            while True:
                held.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        try:
            return NoMemfd.use(self)
        finally:
            for one in held:
                os.close(one)

    def beforehand(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
