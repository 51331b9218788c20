# Notes what a command's interpreters load, wherever they do. It stands in for `sitecustomize`, and hands over to the
# one that was there.
import sys

true, false, null = True, False, None
CONFIG, WHERE = __CONFIG__, "main"
exec(compile(__WATCH__, "<insula>", "exec"))
BLOCKED.update(CONFIG["refused"])
say("begun")
sys.path[:] = [folder for folder in sys.path if folder != CONFIG["recorder"]]
sys.modules.pop("sitecustomize", None)
# Where there was none, the interpreter hears that from here, and goes on in silence as it would have.
import sitecustomize
