"""What reaches the process: handled, or refused by an error that names the function."""

import os
import signal
import time

from case import Case
from recipes import extension, package

BUILD = [package("process")] + [
    extension(f"process/{name}", "process.c", flags=[f"-DKIND={kind}"])
    for kind, name in enumerate(("_setsig", "_sigaction", "_fork", "_initialize"), 1)]


class SetSignal(Case):
    """A signal handler inside an image: after the interpreter's end, the signal does not jump into unmapped memory."""

    control = None
    no_control = "plain loading unmaps nothing"
    module, function = "_setsig", "PyOS_setsig"
    kept = "signal handler"

    def beforehand(self):
        signal.signal(signal.SIGUSR2, lambda *_: None)

    def use(self):
        try:
            module = __import__(f"process.{self.module}", fromlist=["*"])
            return {"result": module.result, "place": module.place()}
        except ImportError as error:
            return {"refused": str(error)}

    def afterwards(self):
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGUSR2)
            time.sleep(0.01)
        return True

    def judge(self, seen):
        refused = [value["refused"] for value in seen.values("use") if "refused" in value]
        places = [value["place"] for value in seen.values("use") if "place" in value]
        return ([f"refused without naming {self.function}: {text}" for text in refused if self.function not in text]
                + [f"{self.function} said {value['result']}" for value in seen.values("use") if value.get("result")]
                + ([] if len(set(places)) == len(places) else ["two interpreters have the same place"]))


class SignalAction(SetSignal):
    """The same by sigaction."""

    module, function = "_sigaction", "sigaction"


class Fork(SetSignal):
    """A child process at import, which ends at once."""

    module, function = "_fork", "fork"
    kept = None

    def judge(self, seen):
        return [f"a child ended with {value['result']}" for value in seen.values("use")
                if value.get("result", 7) != 7] + [
            f"refused without naming fork: {value['refused']}" for value in seen.values("use")
            if "fork" not in value.get("refused", "fork")]

    def afterwards(self):
        return True


class Initialize(SetSignal):
    """Py_Initialize in an initialised process does nothing."""

    module, function = "_initialize", "Py_Initialize"
    kept = None

    def judge(self, seen):
        return [f"Py_IsInitialized said {value['result']}" for value in seen.values("use")
                if value.get("result", 1) != 1] + [
            f"refused without naming Py_Initialize: {value['refused']}" for value in seen.values("use")
            if "Py_Initialize" not in value.get("refused", "Py_Initialize")]

    def afterwards(self):
        return True
