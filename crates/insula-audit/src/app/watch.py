# What the events come from. Each interpreter runs it for itself; CONFIG and WHERE are there already.
#
# It imports built-in modules only, which no file can stand in for: whatever else it imported, the application would get
# in place of a module of its own that has the same name.
import builtins, os, sys
import _frozen_importlib, _frozen_importlib_external, _imp, _signal, _thread, time

# The application may change any of these later, and the built-in functions as well.
__builtins__ = dict(vars(builtins))
OPEN, WRITE, CLOSE, STAT, PROCESS = os.open, os.write, os.close, os.fstat, os.getpid
LOAD, CLOCK, SLEEP, THREADS, THREAD = (
    _frozen_importlib._gcd_import, time.monotonic, time.sleep, _thread._count, _thread.get_ident)

REFUSAL = "does not support loading in subinterpreters"
APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
OWN = PROCESS()
STACKS, BLOCKED, SEEN, CHILDREN, ENDED, WITHHELD = {}, {}, {}, {}, [], []
SAID, LIFT = 0, False
ESCAPES = {number: "\\u%04x" % number for number in list(range(32)) + [ord('"'), ord("\\")]}


def json_of(value):
    if isinstance(value, str):
        return '"%s"' % str.translate(value, ESCAPES)
    if isinstance(value, dict):
        return "{%s}" % ", ".join("%s: %s" % (json_of(key), json_of(one)) for key, one in value.items())
    if isinstance(value, (list, tuple)):
        return "[%s]" % ", ".join(map(json_of, value))
    return {None: "null", True: "true", False: "false"}[value]


def identity(file):
    found = STAT(file)
    return [found.st_dev, found.st_ino]


def say(event, **fields):
    global SAID
    SAID += 1
    # What the application forks would say everything twice.
    if PROCESS() != OWN and not CONFIG.get("children"):
        return
    line = (json_of(dict(fields, event=event, where=WHERE)) + "\n").encode("utf-8", "replace")
    # The application may close descriptors, or open a file of its own under the same number; it may as well become a
    # user who must not open this file.
    out, kept = CONFIG["kept"]
    try:
        same = identity(out) == kept
    except OSError:
        same = False
    try:
        if not same:
            out = OPEN(CONFIG["out"], APPEND, 0o600)
        WRITE(out, line)
        if not same:
            CLOSE(out)
    except OSError:
        # What is not said has not come to its end; the application has nothing to do with it.
        pass


if "kept" not in CONFIG:
    CONFIG["kept"] = [OPEN(CONFIG["out"], APPEND, 0o600)]
    CONFIG["kept"].append(identity(CONFIG["kept"][0]))


def text_of(error):
    try:
        name = str(type(error).__name__)
    except BaseException:
        name = "an exception without a name"
    try:
        lines = [unreadable(error)] if name in ("SyntaxError", "ValueError") else [None]
        lines = lines if lines[0] else str(error).strip().splitlines()
    except BaseException:
        lines = []
    return ("%s: %s" % (name, lines[0]) if lines else name)[:300]


def unreadable(error):
    """Which file is no source code in UTF-8, and what helps: CPython says no more than the last part of its name."""
    file, text = error.__dict__.get("insula_source") or getattr(error, "filename", None), str(error)
    if isinstance(file, str) and ("'utf-8' codec can't" in text or text.startswith("Non-UTF-8")):
        words = "save it as UTF-8, or write its encoding in its first line, as `# coding: latin-1`"
        return "%s, line %s, is not UTF-8 and names no other encoding: %s" % (own_file(file) or file, error.lineno, words)
    if isinstance(file, str) and "null bytes" in text:
        return "%s has null bytes, as UTF-16 has them: save it as UTF-8" % (own_file(file) or file)
    return None


def mark(error, name):
    """Writes down in an exception what refused: the first, where others need that one and pass it on."""
    try:
        error.__dict__.setdefault("insula_refused", name)
    except BaseException:
        pass


def marked(error):
    """What an exception comes from, itself first, as far as it was marked: what refused, with its exception."""
    seen, todo, found = set(), [error], []
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        name = one.__dict__.get("insula_refused")
        found += [] if name is None else [(name, one)]
        todo += [one.__context__, one.__cause__]
    return found


def reason_of(error):
    """In words, why it came to an exception: packages have long advice of their own around what refuses."""
    return text_of(marked(error)[0][1] if marked(error) else error)


def own_file(file):
    """A file of the application's, as its owner names it; none for one of another's."""
    folder = CONFIG["folder"].rstrip("/") + "/"
    if file.endswith(".py") and not file.startswith(("/", "<", "..")):
        # As a program names it to run it by its file.
        file = folder + file
    beside = ("/site-packages/", "/dist-packages/")
    foreign = any(part in file for part in beside) or file.startswith((sys.prefix + "/", sys.base_prefix + "/"))
    return file[len(folder):] if file.startswith(folder) and not foreign else None


def importers():
    """The modules whose code is being run, the outermost first, the application's file that begins it, and the lines at
    which they are.

    What runs the application, as a test runner does, is left out."""
    frame, names, lines, origin, size, many = sys._getframe(1), [], [], None, 0, 0
    while frame is not None:
        name, file = frame.f_globals.get("__name__"), frame.f_code.co_filename
        own = own_file(file)
        if not isinstance(name, str) or not name or name.startswith("<"):
            # Code that is run by its file, as by `runpy.run_path`, has no module's name.
            name = own or file.rpartition("/")[2]
        if not file.startswith("<") and not name.startswith("importlib") and name != "runpy":
            if name not in names[-1:]:
                names.append(name)
            lines.append("%s:%d" % (file, frame.f_lineno or 0))
            if own is not None:
                origin, size, many = own, len(names), len(lines)
        frame = frame.f_back
    return names[:size or None][::-1], origin, lines[:many or None]


def withhold(name):
    say("withheld", name=name)
    WITHHELD.append(name)
    raise refusal(name, BLOCKED[name])


def refusal(name, message):
    """The exception that a message was made of: a package goes on after an ImportError, and not after any other."""
    kind, _, text = message.partition(": ")
    made = __builtins__.get(kind)
    try:
        error = made(text) if issubclass(made, Exception) else ImportError(message)
    except TypeError:
        error = ImportError(message)
    if isinstance(error, ImportError):
        error.name, error.path = name, None
    mark(error, name)
    return error


def creating(name, file, create):
    """The first step of loading an extension module."""
    if name in BLOCKED:
        withhold(name)
    if LIFT and name in CONFIG["crashing"]:
        # What it does is known. Others may come behind it, and those that need it are kept by it.
        SEEN[name] = "refused"
        for above in STACKS.get(THREAD(), ()):
            CHILDREN.setdefault(above, set()).add(name)
        raise refusal(name, "ImportError: %s ends the process" % name)
    chain, origin, lines = importers()
    # Of what only a command loads it is asked later whether somebody goes on without it.
    say("trying", name=name, file=file, chain=chain, origin=origin, lines=lines if CONFIG.get("children") else [])
    return watched(name, lambda: created(name, create))


def executing(name, execute):
    """The second one, which runs its code."""
    made = watched(name, execute)
    say("loaded", name=name)
    SEEN[name] = "loaded"
    return made


def watched(name, step):
    stack = STACKS.setdefault(THREAD(), [])
    stack.append(name)
    try:
        return step()
    except BaseException as error:
        mark(error, name)
        if name not in SEEN:
            # What fails because something below it is refused does not refuse by itself.
            nested = any(SEEN.get(below) == "refused" and below != name for below in CHILDREN.get(name, ()))
            SEEN[name] = "blocked" if nested else "refused"
            say(SEEN[name], name=name, message=text_of(error), declared=REFUSAL in text_of(error))
        say("closed", name=name)
        raise
    finally:
        stack.pop()
        for above in stack:
            CHILDREN.setdefault(above, set()).add(name)


def created(name, create):
    check = getattr(_imp, "_override_multi_interp_extensions_check", None)
    if not LIFT or check is None:
        return create()
    before = check(0)
    try:
        return create()
    except ImportError as error:
        if REFUSAL not in text_of(error):
            raise
        # CPython's check is lifted, to see what comes behind this one.
        if name not in SEEN:
            SEEN[name] = "refused"
            say("refused", name=name, message=text_of(error), declared=True)
        if name in CONFIG["crashing"]:
            raise
        check(-1)
        say("lifted", name=name)
        return create()
    finally:
        check(before)


def watch():
    """Watches what loads modules that are not Python: files, and CPython's own program."""
    files = _frozen_importlib_external.ExtensionFileLoader
    create, execute = files.create_module, files.exec_module
    files.create_module = lambda self, spec: creating(self.name, self.path, lambda: create(self, spec))
    files.exec_module = lambda self, module: executing(self.name, lambda: execute(self, module))
    own = _frozen_importlib.BuiltinImporter
    make, run = own.create_module, own.exec_module
    own.create_module = staticmethod(lambda spec: creating(spec.name, "built-in", lambda: make(spec)))
    own.exec_module = staticmethod(lambda module: executing(module.__spec__.name, lambda: run(module)))
    source = _frozen_importlib_external.SourceLoader
    compiling = source.source_to_code

    def source_to_code(self, data, path, *args, **kwargs):
        try:
            return compiling(self, data, path, *args, **kwargs)
        except (SyntaxError, ValueError) as error:
            error.__dict__.setdefault("insula_source", path)
            raise
    source.source_to_code = source_to_code


watch()


def denial(text):
    """Whether it is what CPython says where a function is not for sub-interpreters."""
    return ("not supported" in text and "subinterpreters" in text) or "only works in main thread" in text


def deny(what, message):
    """Says it; whether to go on all the same, as there may be others behind the first one."""
    chain, origin, _ = importers()
    chain = [name for name in chain if name not in ("threading", "signal")]
    say("denied", name=what, message=message, chain=chain, origin=origin)
    return LIFT


def replace(module, name, made, user=None, alias=None):
    """Puts a function in place of a built-in module's, also where the module that hands it on is imported already."""
    setattr(module, name, made)
    if hasattr(sys.modules.get(user), alias or name):
        setattr(sys.modules[user], alias or name, made)


def guarded(module, name, what, instead=None, user=None):
    """Watches a function that CPython denies to some interpreters. `instead` makes what its caller gets, to go on."""
    call = getattr(module, name, None)
    if call is None:
        return

    def guard(*args, **kwargs):
        try:
            return call(*args, **kwargs)
        except (RuntimeError, ValueError) as error:
            if not denial(str(error)):
                raise
            mark(error, what)
            if not deny(what, text_of(error)) or instead is None:
                raise
            return instead()
    guard.__name__, guard.__doc__ = name, call.__doc__
    replace(module, name, guard, user)


def guard_daemons():
    """Daemon threads become others, to see what comes behind them."""
    allowed, start = getattr(_thread, "daemon_threads_allowed", None), getattr(_thread, "start_joinable_thread", None)
    # Before 3.12 there were no interpreters without.
    if allowed is None or allowed():
        return

    def ask():
        return deny("daemon threads", "daemon threads are disabled in this interpreter")

    def joinable(function, handle=None, daemon=True):
        return start(function, handle=handle, daemon=daemon and not LIFT)
    replace(_thread, "daemon_threads_allowed", ask, "threading", "_daemon_threads_allowed")
    if start is not None:
        replace(_thread, "start_joinable_thread", joinable, "threading", "_start_joinable_thread")


def guard_threads():
    """Notes threads that end because something refuses: whoever started them goes on, without what they were for."""
    hook = _thread._excepthook

    def ended(args):
        if args.exc_value is not None and marked(args.exc_value):
            ENDED.append(args.exc_value)
        return hook(args)
    replace(_thread, "_excepthook", ended, "threading", "excepthook")


def guard():
    # A process that ends at once: what is given must be a child that may be waited for and killed.
    child = lambda: os.posix_spawn("/bin/sh", ["sh", "-c", ":"], {})
    guarded(os, "fork", "os.fork", child)
    guarded(os, "forkpty", "os.forkpty", lambda: (child(), os.open("/dev/null", os.O_RDWR)))
    guarded(os, "execv", "os.execv")
    guarded(os, "execve", "os.execve")
    guarded(_signal, "signal", "signal.signal", lambda: _signal.SIG_DFL)
    guarded(_signal, "set_wakeup_fd", "signal.set_wakeup_fd", lambda: -1, "signal")
    guard_daemons()


guard_threads()
if WHERE != "main":
    guard()
