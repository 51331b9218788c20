try:
    import _interpreters as api
except ImportError:
    import _xxsubinterpreters as api


def create():
    if api.__name__ == "_interpreters":
        return api.create("isolated" if OWN_GIL else "legacy")
    return api.create(isolated=OWN_GIL) if sys.version_info >= (3, 9) else api.create()


IMPORT = """
NAME, FILE, FOLDERS, OWN_GIL = %r
if OWN_GIL:
    import _imp
    _imp._override_multi_interp_extensions_check(-1)
%s
module = importlib.import_module(NAME)
""" % ((NAME, FILE, FOLDERS, OWN_GIL), FINDER)


def run(interpreter, code):
    problem = None
    try:
        problem = api.run_string(interpreter, IMPORT + code)
    except Exception as error:
        problem = error
    if problem is not None:
        sys.exit("in another interpreter: %s" % getattr(problem, "formatted", problem))
