# The user's workload in the main interpreter and in further ones: what it calls, what globals hold after it, how it
# ends in each interpreter, and what its tests leave behind.

import time

# How long tests are repeated, in seconds of processor time.
SECONDS = 15
# How many interpreters were made.
MADE = [0]


def hide():
    """Nobody can import the target."""
    sys.modules[CONFIG["name"]] = None


def of_globals(module):
    wait_at_before_calls(known=known())
    watch = WATCH[0] = Watch(module)
    say_step(name="the exercise")
    with watch:
        exercise()
    WATCH[0] = None
    watch.tell()
    gc.collect()
    wait_at_after_calls(known=known(), others=of_others(module), tls=0)


def in_interpreters(module):
    api = Interpreters()
    say_step(name="the exercise in the main interpreter")
    exercise()
    if module is not None:
        gc.collect()
        say_reached_objects(objects=walk(module))
        wait_at_one_interpreter(known=known())
    for number, place in enumerate(("second interpreter", "third interpreter")):
        say_step(name="the exercise in the %s" % place)
        interpreter = api.create(CONFIG["exercise"]["gil"])
        lines = opening(place, INSIDE)
        lines.append("if CONFIG['unchecked']:\n    import _imp\n    _imp._override_multi_interp_extensions_check(-1)")
        lines.append("prepare()")
        if module is None:
            lines.append("sys.modules[CONFIG['name']] = None\nexercise()")
        else:
            lines.append("KEEP = load()\nexercise()\nimport gc\ngc.collect()")
            if number == 0:
                lines.append("say_reached_objects(objects=walk(KEEP))\nsay_visited(names=NAMES, known=known())")
        api.execute(interpreter, place, "\n".join(lines))
        if module is not None and number == 0:
            wait_at_two_interpreters(known=known())
        say_step(name="end of the %s" % place)
        api.destroy(interpreter)


class Repeats:
    """Runs each test that is quick over and over, and tells what it leaves behind each time."""

    def __init__(self, module):
        self.watch = None if module is None else Watch(module)
        self.count = self.of = 0
        # What was called by tests that leave nothing behind.
        self.steady = set()
        self.until = time.process_time() + SECONDS

    def __call__(self, test, run, function, fixtures):
        self.of += 1
        begun = time.process_time()
        if begun > self.until:
            return
        output, errors = sys.stdout, sys.stderr
        with open("/dev/null", "w") as nowhere:
            # What is printed would be kept, and look like a leak.
            sys.stdout = sys.stderr = nowhere
            try:
                self.repeat(test, run, function, fixtures)
            finally:
                sys.stdout, sys.stderr = output, errors

    def repeat(self, test, run, function, fixtures):
        made, begun = MADE[0], time.process_time()
        # An interpreter leaves memory behind that is CPython's own; what a module leaves with it is measured elsewhere.
        if not quietly(run) or time.process_time() - begun > 0.02 or MADE[0] > made:
            return
        self.count += 1
        left, clear = growth(run) if suspicious(run) else [0, 0], True
        if leaves(left):
            left, clear = beyond_what_is_kept(run, left) if leaves_each_time(run) else ([0, 0], True)
            lift_time_limit()
        calls, uses = self.used(run, function, fixtures)
        if leaves(left) and uses and self.watch is not None and without_its_functions(self.watch, test, run, left):
            exercise_beside(test=test)
        elif leaves(left):
            exercise_leaves(test=test, blocks=left[0], bytes=left[1], repeats=OFTEN, uses=uses, calls=calls)
        elif not clear and uses:
            exercise_keeps(test=test)
        elif clear:
            self.steady.update(calls)

    def used(self, run, function, fixtures):
        """What a test calls of the target, and whether it uses it at all."""
        if self.watch is None:
            return [], True
        self.watch.begin(None)
        with self.watch:
            quietly(run)
        self.watch.look(function, fixtures)
        return self.watch.calls, self.watch.used


def count_interpreters():
    """Counts those that are made from now on: by an audit event, and from 3.13 on, which tells nobody, by the calls."""

    def one_more():
        MADE[0] += 1

    sys.addaudithook(lambda event, arguments: one_more() if event == "cpython.PyInterpreterState_New" else None)
    for place, names in (("_interpreters", ["create"]), ("_testcapi", ["run_in_subinterp", "run_in_subinterp_with_config"]),
                         ("_testinternalcapi", ["run_in_subinterp_with_config"])):
        try:
            module = __import__(place)
        except ImportError:
            continue
        for name in names:
            make = getattr(module, name, None)
            if make is not None:
                setattr(module, name, lambda *given, make=make, **named: (one_more(), make(*given, **named))[1])


def of_leaks(module):
    find_mallinfo()
    count_interpreters()
    repeats = AROUND[0] = Repeats(module)
    say_step(name="the exercise, each test over and over")
    exercise()
    exercise_repeated(count=repeats.count, of=repeats.of, steady=sorted(repeats.steady))


def scenario_exercise():
    prepare()
    preload()
    say_step(name="import")
    if CONFIG["exercise"]["without"]:
        hide()
        module = None
    else:
        module = first_import()
        if module is None:
            return
    asks = CONFIG["exercise"]["asks"]
    if asks == "globals":
        of_globals(module)
    elif asks == "interpreters":
        in_interpreters(module)
    elif asks == "leaks":
        of_leaks(module)
    else:
        for time_ in ("first", "second"):
            say_step(name="the exercise for the %s time" % time_)
            exercise()
