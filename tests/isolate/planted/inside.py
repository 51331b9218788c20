"""What runs inside each interpreter of a test: it installs a way of loading, and runs the steps of a case."""

import importlib.machinery
import os
import sys

try:
    import _interpreters
except ImportError:
    try:
        import _xxsubinterpreters as _interpreters
    except ImportError:
        _interpreters = None

HERE = os.path.dirname(os.path.abspath(__file__))


def here():
    """The id of the interpreter that runs this, by the standard library's word, not the planted module's."""
    current = _interpreters.get_current()
    return int(current[0] if isinstance(current, tuple) else current)


def lift_the_check():
    """CPython then loads into an own-GIL interpreter what does not declare that it may be."""
    import _imp

    if hasattr(_imp, "_override_multi_interp_extensions_check"):
        _imp._override_multi_interp_extensions_check(-1)


class Copies:
    """The plain approach: a copy of each extension file for each interpreter, and nothing else."""

    def __init__(self, site, folder):
        self.site, self.folder = site, folder

    def find_spec(self, name, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or not isinstance(spec.loader, importlib.machinery.ExtensionFileLoader):
            return spec
        if not spec.origin.startswith(self.site + os.sep):
            return spec
        import shutil

        copy = os.path.join(self.folder, os.path.relpath(spec.origin, self.site))
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        if not os.path.exists(copy):
            shutil.copyfile(spec.origin, copy)
        for folder in os.listdir(self.site):
            link = os.path.join(self.folder, folder)
            if folder.endswith(".libs") and not os.path.lexists(link):
                os.symlink(os.path.join(self.site, folder), link)
        spec.loader = importlib.machinery.ExtensionFileLoader(name, copy)
        spec.origin = copy
        return spec


class Native:
    """The loader alone, without the package's policy: for tests of the loader."""

    def __init__(self, site):
        self.site = site
        from insula_isolate import _native

        self.native = _native

    def find_spec(self, name, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or not isinstance(spec.loader, importlib.machinery.ExtensionFileLoader):
            return spec
        if spec.origin.startswith(self.site + os.sep):
            spec.loader = self
        return spec

    def create_module(self, spec):
        return self.native.load(spec, spec.origin, [], False)

    def exec_module(self, module):
        import _imp

        _imp.exec_dynamic(module)


def install(mode, site, options):
    """`isolate` is what is tested, `native` the same without its policy; `override` and `copy` are the controls."""
    if mode == "isolate":
        import insula_isolate

        policy = options.get("policy")
        if isinstance(policy, dict):
            names = policy

            def policy(name, path):
                return names.get(name)

        insula_isolate.install(policy, share=options.get("share", ()), private=options.get("private", ()))
    elif mode == "native":
        sys.meta_path.insert(0, Native(site))
    elif mode == "override":
        lift_the_check()
    elif mode == "copy":
        lift_the_check()
        folder = os.path.join(options["scratch"], f"copies-{here()}")
        sys.meta_path.insert(0, Copies(site, folder))
    elif mode != "main":
        raise ValueError(mode)


def find_case(theme, name):
    folder = os.path.join(HERE, theme)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    import cases

    return getattr(cases, name)()


class Interpreter:
    """One interpreter of a test, seen from inside."""

    def __init__(self, theme, case, mode, site, outbox, number, options):
        self.outbox, self.number = outbox, number
        self.case = None
        self.arguments = theme, case, mode, site, options

    def write(self, step, result):
        """Leaves a step's result to the test; all of it, or nothing."""
        path = os.path.join(self.outbox, f"{self.number}-{step}")
        with open(path + ".new", "w", encoding="utf-8") as file:
            # Not as JSON: each interpreter would import what that takes.
            file.write(repr(result))
        os.rename(path + ".new", path + ".value")

    def run(self, step):
        """Runs a step; what it returns, or how it failed, is in a file afterwards."""
        try:
            if self.case is None:
                theme, case, mode, site, options = self.arguments
                sys.path.insert(0, site)
                self.case = find_case(theme, case)
                self.case.number, self.case.site, self.case.mode = self.number, site, mode
                self.case.scratch = options["scratch"]
                install(mode, site, options)
            value = getattr(self.case, step)()
            self.write(step, {"value": value, "here": here() if _interpreters else 0})
        except BaseException as error:
            import traceback

            self.write(step, {"failed": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()})
