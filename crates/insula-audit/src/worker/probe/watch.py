# What of the target a workload uses: by the calls that it makes, and by what tests and their fixtures lead to, because
# an operator on an object that another test made is no call.
import gc

CODE_TYPE = type((lambda: None).__code__)
FUNCTION_TYPE = type(lambda: None)
MODULE_TYPE = type(sys)
bases_of = type.__dict__["__mro__"].__get__


def callables(module, types):
    """What a workload can call: by the object that is called, the name that it is known by."""
    found = {}
    for name, function in functions_of(module):
        found[id(function)] = name
    for name, cls in target_types(module, static=True).items():
        if types and not cls.__flags__ & (1 << 30):
            found[id(cls)] = name
        for method, descriptor in methods_of(cls):
            found[id(descriptor)] = "%s.%s" % (name, method)
    return found


def names_in(code):
    """All names that a code object and those in it use."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if type(constant) is CODE_TYPE:
            found |= names_in(constant)
    return found


class Watch:
    """Notes which callables are called, from CPython 3.12 on by `sys.monitoring`, before by a profile function."""

    def __init__(self, module):
        self.monitoring = getattr(sys, "monitoring", None)
        self.module = module
        # A profile function is not told of calls of types: of those nothing can be said.
        self.names = callables(module, types=self.monitoring is not None)
        types = target_types(module, static=True)
        self.types = {id(cls) for cls in types.values()}
        self.static = {}
        self.own = {id(module)} | {id(function) for _, function in functions_of(module, ())}
        for cls in types.values():
            self.own.update(id(method) for _, method in methods_of(cls, ()))
        self.sees_all = self.monitoring is not None or not types
        self.seen = set()
        self.test = None
        self.begin(None)

    def begin(self, test, collected=False):
        """What is used from now on is used by this test, or by the file of tests that is imported to be collected.

        Who collects tests looks at all that there is in a file, the target too: there only what is called counts.
        """
        if test is not None and self.test is None and self.calls:
            # Before there was a test, by a conftest for instance: who does that is the workload itself.
            exercise_touched(test=CONFIG["exercise"]["command"], calls=self.calls)
        self.test, self.calls, self.used = test, [], not self.sees_all
        self.calls_only = collected or test is None

    def end(self, *tests):
        """Reports a test that uses the target; what came before any test, under the names of what that was for."""
        if self.used and (self.test is not None or tests):
            for test in tests or (self.test,):
                exercise_touched(test=test, calls=self.calls)
        self.begin(None)

    def note(self, called, first):
        try:
            name = self.names.get(id(called)) or self.name_of_bound(called)
            used = name is not None or self.used or self.belongs(called) or not self.calls_only and self.belongs(first)
        except Exception:
            # A class may have anything where a name belongs, and what is raised here would be raised in the workload.
            return
        if name is not None:
            self.seen.add(name)
            if name not in self.calls:
                self.calls.append(name)
        self.used = used

    def name_of_bound(self, called):
        """The name of a bound method: of an instance, or of the module."""
        owner, method = getattr(called, "__self__", None), getattr(called, "__name__", None)
        cls = owner if isinstance(owner, type) else type(owner)
        for base in getattr(cls, "__mro__", ()):
            if isinstance(method, str) and method in base.__dict__:
                return self.names.get(id(base.__dict__[method]))
        return None

    def belongs(self, value):
        """Whether it is the target, a function or a type of it, an instance of one, or a method of that."""
        for one in (value, getattr(value, "__self__", None)):
            cls = one if isinstance(one, type) else type(one)
            if id(one) in self.own or self.derives(cls):
                return True
        return False

    def derives(self, cls):
        """Whether a class is one of the target's, or derives from one."""
        found = self.static.get(id(cls))
        if found is None:
            found = any(id(base) in self.types for base in bases_of(cls))
            if not cls.__flags__ & (1 << 9):
                # These do not end, and most of what is called is of them.
                self.static[id(cls)] = found
        return found

    def look(self, function, fixtures=None):
        """Whether a test uses the target that makes no call of it: by its code, and by the fixtures that it names."""
        try:
            self.used = self.used or self.mentions(function, fixtures or {})
        except Exception:
            # What cannot be looked at may be anything.
            self.used = True

    def leads(self, value, depth=2):
        """Whether a value belongs to the target, or holds what does."""
        if self.belongs(value):
            return True
        if depth == 0 or isinstance(value, (MODULE_TYPE, type)) or type(value) is FUNCTION_TYPE or value is sys.modules:
            return False
        return any(self.leads(child, depth - 1) for child in gc.get_referents(value)[:500])

    def mentions(self, function, fixtures):
        """Whether the code of a function, or of those that it names, names something of the target."""
        scope = getattr(getattr(function, "__func__", function), "__globals__", None)
        queue, seen = [function], []
        while queue and len(seen) < 200:
            value = queue.pop()
            owner, one = getattr(value, "__self__", None), getattr(value, "__func__", value)
            if type(one) is not FUNCTION_TYPE or any(one is other for other in seen):
                continue
            # Of what is installed, what it calls is enough: some of it leads to everything.
            if one.__globals__ is not scope and not one.__code__.co_filename.startswith(CONFIG["exercise"]["folder"]):
                continue
            seen.append(one)
            named = self.named(one, owner, one.__globals__ is scope)
            if one is getattr(function, "__func__", function):
                named += [fixtures[name] for name in one.__code__.co_varnames if name in fixtures]
            for value in named:
                if self.leads(value):
                    return True
                cls = value if isinstance(value, type) else type(value)
                queue += [value, *(vars(cls).values() if cls.__flags__ & (1 << 9) else ())]
        return False

    def named(self, function, owner, imports):
        """The values that a function names: its globals, what it imports itself, and attributes of either and of `self`."""
        names, scope = names_in(function.__code__), function.__globals__
        found = [scope[name] for name in names if name in scope]
        if imports:
            found += [sys.modules[name] for name in names if name in sys.modules]
        for namespace_ in [] if owner is None else [vars(owner), *map(vars, bases_of(type(owner)))]:
            found += [namespace_[name] for name in names if name in namespace_]
        for cell in function.__closure__ or ():
            try:
                found.append(cell.cell_contents)
            except ValueError:
                # It has no value yet.
                continue
        for value in found:
            # The list grows meanwhile: a module may have another one.
            if isinstance(value, MODULE_TYPE) and value is not self.module:
                inner = [vars(value)[name] for name in names if name in vars(value)]
                found += [one for one in inner if all(one is not other for other in found)]
        return found

    def __enter__(self):
        if self.monitoring is None:
            sys.setprofile(lambda frame, event, called: self.note(called, None) if event == "c_call" else None)
            return self
        self.monitoring.use_tool_id(4, "insula")
        event = self.monitoring.events.CALL
        self.monitoring.register_callback(4, event, lambda code, offset, called, first: self.note(called, first))
        self.monitoring.set_events(4, event)
        return self

    def __exit__(self, *error):
        if self.monitoring is None:
            sys.setprofile(None)
            return
        self.monitoring.set_events(4, 0)
        self.monitoring.free_tool_id(4)

    def tell(self):
        exercise_called(reached=sorted(self.seen), missed=sorted(set(self.names.values()) - self.seen))
