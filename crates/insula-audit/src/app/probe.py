# Imports an application as it would be imported, and writes down what its extension modules do.
#
# It runs in the application's own environment, so that it leaves streams, signals and the working folder alone. Each
# event is a line of JSON in a file that is written at once: a crash loses nothing.
import os
import sys

with open(sys.argv.pop(), encoding="utf-8") as told:
    # JSON, read without its module: the application may have one of that name.
    CONFIG = eval(told.read(), {"true": True, "false": False, "null": None})
WHERE = "main"

# What events come from in an interpreter, and how that imports entries: the sources of `watch.py` and of `enter.py`.
WATCH, ENTER = __WATCH__, __ENTER__

try:
    import _interpreters as INTERPRETERS
except ImportError:
    import _xxsubinterpreters as INTERPRETERS

OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [CONFIG["folder"]] + [folder for folder in sys.path if folder != OWN_FOLDER]
exec(compile(WATCH, "<insula>", "exec"))
exec(compile(ENTER, "<insula>", "exec"))
EXIT = os._exit


class Interpreters:
    """The private modules that make sub-interpreters, under one face."""

    # Up to 3.12 an interpreter ends with the last mention of it, and one that still has threads ends the process: all
    # stay until the end.
    made = []

    def create(self, kind):
        if INTERPRETERS.__name__ == "_interpreters":
            return INTERPRETERS.create("isolated" if kind == "own" else "legacy")
        try:
            return INTERPRETERS.create(isolated=kind == "own")
        except TypeError:
            return INTERPRETERS.create()

    def run(self, kind, body, path):
        one = self.create(kind)
        self.made.append(one)
        lines = [
            "import sys", "CONFIG = %r" % (CONFIG,), "WHERE = %r" % kind, "sys.path[:] = %r" % (path,),
            "exec(compile(%r, '<insula>', 'exec'))" % WATCH, "exec(compile(%r, '<insula>', 'exec'))" % ENTER, body,
        ]
        try:
            problem = INTERPRETERS.run_string(one, "\n".join(lines))
        except Exception as error:
            problem = error
        if problem is not None:
            say("trouble", message=str(getattr(problem, "formatted", problem))[:300])

    def end(self):
        for one in self.made:
            try:
                INTERPRETERS.run_string(one, "exit_hooks()")
            except BaseException:
                pass


def folders():
    """The folders of `sys.path`, as far as imports look there: an application may have put anything into it."""
    path = getattr(sys, "path", ())
    return [folder for folder in path if isinstance(folder, str)] if isinstance(path, (list, tuple)) else []


def origin(module):
    try:
        file = module.__spec__.origin
    except BaseException:
        # Anything may stand for a module, and say anything when it is asked.
        return None
    return file if isinstance(file, str) and os.path.isabs(file) else None


def there(name):
    try:
        return _frozen_importlib._find_spec(name, None) is not None
    except BaseException:
        return False


def main_first():
    # A process that ends early does not come to that step.
    if "isolated" in CONFIG["steps"] and not there("insula_isolate"):
        say("no isolate")
    enter("main")
    if CONFIG["mode"] != "main":
        # What only a command loads is there before, as well: a module may let in the first interpreter alone.
        for name, file in CONFIG["extensions"]:
            try:
                LOAD(name)
            except BaseException:
                pass
        return
    path = [os.path.abspath(folder) for folder in folders()]
    files = path + list(filter(None, map(origin, list(sys.modules.values()))))
    say("path", folders=path)
    # A name that is not UTF-8 cannot be told: such an answer is not kept.
    if not any(file != file.encode("utf-8", "replace").decode() for file in files):
        say("files", files=files)


def without():
    """The application without what refuses: what it falls back from stays away, what it needs comes back.

    An import that failed leaves traces, in an extension module that was half begun even ones that keep it from ever
    being imported again. So what was needed is told, and the answer is that of a process in which nothing failed."""
    BLOCKED.update(CONFIG["refused"])
    failed = False
    while True:
        del WITHHELD[:]
        lacking, error = missed()
        # What fails behind another failure may do so for that alone: only what it says itself counts.
        lacking = [name for name in (lacking[:1] if failed else lacking) if name in BLOCKED][:1]
        if not lacking and error is not None and not failed:
            # It is not said what it lacks. What was kept from it last is the likeliest; whether that is it, is tried.
            lacking = [name for name in WITHHELD if name in BLOCKED][-1:]
            if not lacking:
                say("failed", name=CONFIG["entries"][0]["name"], stage="without", message=text_of(error), spared=False)
                return
            say("guessed", name=lacking[0])
        if not lacking:
            break
        failed = True
        for name in lacking:
            let_in(name)
    if not failed:
        for name in BLOCKED:
            say("spared", name=name)


def missed():
    """Imports the entries, up to the first one that lacks something: what that is, and what ended it."""
    for entry in CONFIG["entries"]:
        try:
            ended = settled(entry)
        except BaseException as error:
            return [name for name, _ in marked(error)], error
        # What a thread needs, it would need again; what comes behind that was not asked for, and is not spared.
        lacking = [] if ended is None else [name for name, _ in marked(ended) if name in BLOCKED]
        if lacking:
            return lacking, ended
    return [], None


def let_in(name):
    """With all of its distribution, which stands in the way as a whole: modules of one import each other."""
    group = CONFIG["groups"].get(name)
    for one in [one for one in BLOCKED if one == name or CONFIG["groups"].get(one, one) == group]:
        del BLOCKED[one]
        say("needed", name=one)


def run(api):
    mode = CONFIG["mode"]
    if mode == "without":
        without()
        return
    main_first()
    if mode == "main":
        return
    # What is not the application's own may lie where the application has found it.
    path = START + [folder for folder in folders() if folder not in START]
    if "others" in CONFIG["steps"]:
        others(CONFIG["others"])
    steps = {
        # As it would be: the path is that of a new interpreter, which the application changes for itself.
        "natural": [("enter('natural')", START)],
        "lifted": [("LIFT = True\nenter('lifted')\nalone(%r)" % (CONFIG["extensions"],), START)],
        # Each in an interpreter of its own: what refuses may leave damage, for which the next one would be blamed.
        "others": [("others(%r)" % ([other],), path) for other in CONFIG["others"]],
        "isolated": [("isolated()", START)],
    }
    for step in CONFIG["steps"]:
        say("step", name=step)
        for body, where in steps[step]:
            api.run(mode, body, where)


def leave(api):
    """Ends the process, after what the application left to be done at its end: two seconds are enough."""
    try:
        _signal.signal(_signal.SIGALRM, _signal.SIG_DFL)
        _signal.pthread_sigmask(_signal.SIG_UNBLOCK, [_signal.SIGALRM])
        _signal.alarm(2)
        api.end()
        exit_hooks()
    finally:
        EXIT(0)


def probe():
    api = Interpreters()
    try:
        run(api)
    except BaseException as error:
        say("trouble", message=text_of(error))
    say("end")
    leave(api)


probe()
