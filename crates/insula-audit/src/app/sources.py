# What packages do without their extension modules, told from their source.


def others(packages):
    """Imports what is installed, but not part of the application: packages, and each of their extension modules."""
    for package, modules in packages:
        say("trying other", name=package)
        failed = {}
        for name in [package] + modules:
            try:
                LOAD(name)
            except BaseException as error:
                failed[name] = text_of(error)
        spared = WHERE != "main" and bool(failed) and package not in failed and all(map(Sources([package]).spare, failed))
        say("other", name=package, failed=failed, spared=spared)


class Sources:
    """Which module of some packages imports which, by their source: a package that loads may still need, in a module
    that only its users import, an extension module that does not."""

    def __init__(self, packages):
        self.texts, self.known = {}, {}
        for package in packages:
            for folder in getattr(sys.modules.get(package), "__path__", ()):
                self.read(package, folder)

    def read(self, package, folder):
        for here, _, files in os.walk(folder):
            parts = [package] + [part for part in os.path.relpath(here, folder).split(os.sep) if part != "."]
            for file in files:
                if file.endswith(".py"):
                    name = ".".join(parts if file == "__init__.py" else parts + [file[:-3]])
                    with open(os.path.join(here, file), encoding="utf-8", errors="replace") as source:
                        self.texts[name] = (source.read(), parts)

    def imports(self, user):
        """What a module imports when it is imported, and what only its functions do, where nothing catches that."""
        import _ast
        text, parts = self.texts[user]
        found, late = set(), set()

        def look(node, into):
            if isinstance(node, (_ast.FunctionDef, _ast.AsyncFunctionDef, _ast.Lambda)):
                into = late
            elif isinstance(node, _ast.Try):
                into = found
            elif isinstance(node, _ast.Import):
                into.update(one.name for one in node.names)
            elif isinstance(node, _ast.ImportFrom):
                base = ".".join(parts[:len(parts) + 1 - node.level]) if node.level else ""
                base = ".".join(filter(None, (base, node.module)))
                into.update([base] + ["%s.%s" % (base, one.name) for one in node.names])
            for field in node._fields:
                below = getattr(node, field, None)
                for one in below if isinstance(below, list) else [below]:
                    if isinstance(one, _ast.AST):
                        look(one, into)
        try:
            look(compile(text, user, "exec", _ast.PyCF_ONLY_AST, True), found)
        except (SyntaxError, ValueError, RecursionError):
            pass
        return found, late

    def spare(self, name):
        """Whether whoever imports a module goes on without it, or is itself done without."""
        if name not in self.known:
            # One that leads back to itself is no answer.
            self.known[name] = False
            self.known[name] = self.spared(name)
        return self.known[name]

    def spared(self, name):
        users, stem = [], name.rpartition(".")[2]
        mention = [user for user, (text, _) in self.texts.items() if stem in text and user != name]
        for user in mention:
            found, late = self.imports(user)
            if name in late:
                return False
            if name in found:
                users.append(user)
        if not mention and self.texts:
            # Nobody imports a private module that no source has the name of: it is there for the package's tests.
            return stem.startswith("_")
        return bool(users) and all(self.loads(user) or self.spare(user) for user in users)

    def loads(self, name):
        try:
            LOAD(name)
        except BaseException:
            return False
        return True
