# Imports an application as it would be imported, and writes down what its extension modules do.
#
# It runs in the application's own environment, so that it leaves streams, signals and the working folder alone. Each
# event is a line of JSON in a file that is written at once: a crash loses nothing.
import json
import os
import sys

CONFIG = json.loads(os.environ.pop("INSULA_APP"))
WHERE = "main"

# What the events come from in an interpreter. It is source, because each interpreter runs it for itself.
WATCH = r'''
import json, sys
import importlib, importlib.machinery, importlib.util
import _imp

REFUSAL = "does not support loading in subinterpreters"
Loader = importlib.machinery.ExtensionFileLoader
create, execute = Loader.create_module, Loader.exec_module
OUT = open(CONFIG["out"], "a", encoding="utf-8", errors="backslashreplace")
STACK, BLOCKED, SEEN = [], {}, {}
LIFT = False


def say(event, **fields):
    OUT.write(json.dumps(dict(fields, event=event, where=WHERE)) + "\n")
    OUT.flush()


def text_of(error):
    try:
        lines = str(error).strip().splitlines()
    except BaseException:
        lines = []
    return ("%s: %s" % (type(error).__name__, lines[0]) if lines else type(error).__name__)[:300]


def importers():
    """The modules whose code is being run, the outermost first."""
    frame, names = sys._getframe(1), []
    while frame is not None:
        name = frame.f_globals.get("__name__")
        file = frame.f_code.co_filename
        if name and not file.startswith("<") and not name.startswith("importlib") and name not in names[-1:]:
            names.append(name)
        frame = frame.f_back
    return names[::-1]


def watched(step):
    def call(self, subject):
        name = self.name
        if name in BLOCKED and step is create:
            say("withheld", name=name)
            error = ImportError(BLOCKED[name], name=name)
            error.insula_withheld = name
            raise error
        if step is create:
            say("trying", name=name, file=self.path, chain=importers())
        STACK.append(name)
        try:
            if step is create:
                made = created(self, subject)
            else:
                made = execute(self, subject)
                say("loaded", name=name)
                SEEN[name] = "loaded"
            return made
        except BaseException as error:
            if name not in SEEN:
                # What fails because something below it is refused does not refuse by itself.
                nested = any(SEEN.get(below) == "refused" and below != name for below in CHILDREN.get(name, ()))
                SEEN[name] = "blocked" if nested else "refused"
                say(SEEN[name], name=name, message=text_of(error), declared=REFUSAL in str(error))
            raise
        finally:
            STACK.pop()
            for above in STACK:
                CHILDREN.setdefault(above, set()).add(name)
    return call


CHILDREN = {}


def created(loader, spec):
    if not LIFT:
        return create(loader, spec)
    check = getattr(_imp, "_override_multi_interp_extensions_check", None)
    if check is None:
        return create(loader, spec)
    before = check(0)
    try:
        return create(loader, spec)
    except ImportError as error:
        if REFUSAL not in str(error):
            raise
        # CPython's check is lifted, to see what comes behind this one.
        if loader.name not in SEEN:
            SEEN[loader.name] = "refused"
            say("refused", name=loader.name, message=text_of(error), declared=True)
        if loader.name in CONFIG["crashing"]:
            raise
        check(-1)
        say("lifted", name=loader.name)
        return create(loader, spec)
    finally:
        check(before)


Loader.create_module, Loader.exec_module = watched(create), watched(execute)


def start(entry):
    """Imports one entry as its user would."""
    if entry["script"]:
        import runpy
        # As `python script.py` has it, but without what that does behind `if __name__ == "__main__"`.
        before = sys.path[:1]
        sys.path[:1] = [entry["folder"]]
        try:
            runpy.run_path(entry["name"], run_name="__mp_main__")
        finally:
            sys.path[:1] = before
        return
    name, _, attribute = entry["name"].partition(":")
    found = importlib.import_module(name)
    for part in filter(None, attribute.split(".")):
        found = getattr(found, part)


def enter(stage):
    whole = True
    for entry in CONFIG["entries"]:
        say("entering", name=entry["name"], stage=stage)
        try:
            start(entry)
        except BaseException as error:
            whole = False
            say("failed", name=entry["name"], stage=stage, message=text_of(error))
        else:
            say("entered", name=entry["name"], stage=stage)
    return whole


def alone(extensions):
    """Loads each extension module of the main interpreter that was not reached, by itself."""
    for name, file in extensions:
        if name in SEEN or name in sys.modules or name in CONFIG["crashing"]:
            continue
        made = []
        parts, folder = name.split(".")[:-1], os.path.dirname(file)
        folders = [folder]
        for _ in parts[1:]:
            folders.append(os.path.dirname(folders[-1]))
        for number in range(len(parts)):
            package = ".".join(parts[:number + 1])
            if package not in sys.modules:
                stand = sys.modules[package] = type(sys)(package)
                stand.__path__ = [folders[len(parts) - 1 - number]]
                made.append(package)
        try:
            loader = Loader(name, file)
            spec = importlib.util.spec_from_file_location(name, file, loader=loader)
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            loader.exec_module(module)
        except BaseException:
            sys.modules.pop(name, None)
        for package in made:
            sys.modules.pop(package, None)


def isolated():
    """The same, with a private copy of each extension module."""
    try:
        import insula_isolate
    except ImportError:
        say("no isolate")
        return
    insula_isolate.install()
    enter("isolated")


def others(packages):
    """Imports what is installed, but not part of the application: packages, and each of their extension modules."""
    for package, modules in packages:
        say("trying other", name=package)
        failed = {}
        for name in [package] + modules:
            try:
                importlib.import_module(name)
            except BaseException as error:
                failed[name] = text_of(error)
        say("other", name=package, failed=failed)
'''

sys.path[:1] = [CONFIG["folder"]]
exec(compile(WATCH, "<insula>", "exec"))


class Interpreters:
    """The private modules that make sub-interpreters, under one face."""

    def __init__(self):
        try:
            import _interpreters as api
        except ImportError:
            import _xxsubinterpreters as api
        self.api = api

    def create(self, kind):
        if self.api.__name__ == "_interpreters":
            return self.api.create("isolated" if kind == "own" else "legacy")
        try:
            return self.api.create(isolated=kind == "own")
        except TypeError:
            return self.api.create()

    def run(self, kind, body):
        one = self.create(kind)
        lines = [
            "true, false, null = True, False, None", "import sys, os", "CONFIG = %r" % (CONFIG,), "WHERE = %r" % kind,
            "sys.path[:] = %r" % (sys.path,), "exec(compile(%r, '<insula>', 'exec'))" % WATCH, body,
        ]
        try:
            problem = self.api.run_string(one, "\n".join(lines))
        except Exception as error:
            problem = error
        if problem is not None:
            say("trouble", message=str(problem)[:300])


def distributions():
    """What is installed, with its extension modules."""
    from importlib import metadata

    endings = tuple(importlib.machinery.EXTENSION_SUFFIXES)
    for one in metadata.distributions():
        try:
            fields = one.metadata
            name = fields["Name"]
            if not name:
                continue
            files = [str(file) for file in one.files or ()]
            compiled = [file for file in files if file.endswith(endings)]
            base = str(one.locate_file(""))
            tops = (one.read_text("top_level.txt") or "").split()
            urls = fields.get_all("Project-URL") or []
            home = fields.get("Home-page")
        except Exception:
            continue
        say("distribution", name=name, version=one.version, base=base, compiled=compiled, tops=tops,
            urls=urls + (["Homepage, " + home] if home else []))


def main_first():
    enter("main")
    if CONFIG["mode"] != "main":
        return
    distributions()
    files = [os.path.abspath(folder) for folder in sys.path]
    for name, module in list(sys.modules.items()):
        file = getattr(getattr(module, "__spec__", None), "origin", None)
        if isinstance(file, str) and os.path.isabs(file):
            files.append(file)
    say("files", files=files)


def without():
    """The application without what refuses: what it falls back from stays away, what it needs comes back."""
    BLOCKED.update(CONFIG["refused"])
    while True:
        whole = True
        for entry in CONFIG["entries"]:
            try:
                start(entry)
            except BaseException as error:
                whole = False
                name = culprit(error)
                if name is None:
                    say("failed", name=entry["name"], stage="without", message=text_of(error))
                    return
                del BLOCKED[name]
                say("needed", name=name)
                break
        if whole:
            break
    for name in BLOCKED:
        say("spared", name=name)


def culprit(error):
    seen, todo = set(), [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        name = getattr(one, "insula_withheld", None)
        if name in BLOCKED:
            return name
        todo += [one.__context__, one.__cause__]
    return next(iter(BLOCKED), None)


def run():
    mode = CONFIG["mode"]
    if mode == "without":
        without()
        return
    main_first()
    if mode == "main":
        return
    api = Interpreters()
    steps = {
        "natural": "enter('natural')",
        "lifted": "LIFT = True\nenter('lifted')\nalone(%r)" % (CONFIG["extensions"],),
        "others": "others(%r)" % (CONFIG["others"],),
        "isolated": "isolated()",
    }
    if "others" in CONFIG["steps"]:
        others(CONFIG["others"])
    for step in CONFIG["steps"]:
        say("step", name=step)
        api.run(mode, steps[step])


try:
    run()
except BaseException as error:
    say("trouble", message=text_of(error))
say("end")
os._exit(0)
