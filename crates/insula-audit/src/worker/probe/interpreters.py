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
        lines = ["true, false, null = True, False, None"]
        lines.append("WHERE = %r" % where)
        lines.append("CONFIG = %r" % (CONFIG,))
        lines.append("exec(compile(%r, '<insula probe>', 'exec'))" % CORE)
        lines.append("exec(compile(%r, '<insula visit>', 'exec'))" % VISIT)
        lines.append(call)
        try:
            problem = self.api.run_string(interpreter, "\n".join(lines))
        except Exception as error:
            problem = error
        if problem is not None:
            say_failed(stage="script", class_="RunFailed", message=str(problem)[:2000], missing=None, deliberate=False)

    def destroy(self, interpreter):
        self.api.destroy(interpreter)


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
    if details:
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
