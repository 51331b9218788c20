# Sub-interpreters: how they are made, and what each does first.


class Interpreters:
    """The private modules that make sub-interpreters, under one face."""

    def __init__(self):
        try:
            import _interpreters as api
        except ImportError:
            import _xxsubinterpreters as api
        self.api = api

    def create(self, gil):
        if self.api.__name__ == "_interpreters":
            return self.api.create("isolated" if gil == "own" else "legacy")
        try:
            return self.api.create(isolated=gil == "own")
        except TypeError:  # CPython 3.8: there is only one kind
            return self.api.create()

    def run(self, interpreter, where, call):
        lines = opening(where, VISIT)
        lines.append(call)
        self.execute(interpreter, where, "\n".join(lines))

    def execute(self, interpreter, where, code):
        """Runs code, and reports what it raised."""
        try:
            problem = self.api.run_string(interpreter, code)
        except Exception as error:
            problem = error
        if problem is None:
            return
        class_, message = what_ended(problem)
        say_failed(stage="script", class_=class_, message=message[:2000], missing=None, deliberate=False, place=where)

    def destroy(self, interpreter):
        self.api.destroy(interpreter)


def what_ended(problem):
    """The class and the text of the exception that ended the code of another interpreter."""
    kind = getattr(problem, "type", None)
    if kind is not None:
        # A description, from CPython 3.13 on.
        return kind.__name__, problem.msg or ""
    # Before, an exception of this interpreter with both in its text: "<class 'ValueError'>: no such price".
    text = str(problem)
    class_, colon, message = text.partition("'>: ")
    if not colon or not class_.startswith("<class '"):
        return type(problem).__name__, text
    return class_[len("<class '"):].rpartition(".")[2], message


def opening(where, part=None):
    """The first lines of what a sub-interpreter runs: the probe and a part more, which are compiled once."""
    lines = ["true, false, null = True, False, None", "WHERE = %r" % where, "CONFIG = %r" % (CONFIG,)]
    for source, name in ((CORE, "<insula probe>"), (part, "<insula part>")):
        if source is None:
            continue
        if source not in MARSHALLED:
            MARSHALLED[source] = __import__("marshal").dumps(compile(source, name, "exec"))
        lines.append("exec(__import__('marshal').loads(%r))" % MARSHALLED[source])
    return lines


VISIT = """
def visit(details):
    if CONFIG["unchecked"]:
        import _imp
        _imp._override_multi_interp_extensions_check(-1)
    prepare()
    try:
        module = load()
    except BaseException as error:
        failed(error, "import")
        return
    if module is None:
        say_visited(names=[], known=[])
        return
    types = own_types(module)
    global KEEP
    KEEP = module
    use(types)
    # What nobody here has used: an object of another interpreter may not bear it.
    say_step(name="look at the module's names in the " + WHERE)
    for value in namespace(module).values():
        try:
            isinstance(value, type)
        except BaseException:
            pass
    if details:
        say_step(name="walk from the module in the " + WHERE)
        say_reached_objects(objects=walk(module))
    say_visited(names=NAMES, known=known() if details else [])
"""


def preload():
    # Standard-library modules come from the main interpreter first: CPython itself fails where two interpreters
    # race for the first import of some of them.
    for name in CONFIG["preload"]:
        try:
            __import__(name)
        except BaseException:
            continue
