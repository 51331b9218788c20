# What repeated imports and repeated interpreters cost.
import gc


THREADS = [None]


def threads():
    try:
        return len(posix.listdir("/proc/self/task"))
    except OSError:
        return 0


def wait_for_threads():
    """For a moment: what a thread still holds that a call began is not left behind by the call."""
    import time

    end = time.monotonic() + 0.5
    while THREADS[0] is not None and threads() > THREADS[0] and time.monotonic() < end:
        time.sleep(0.002)
    # Those that are still there stay, perhaps for good; nobody waits for them again.
    THREADS[0] = threads()


def heap():
    """Blocks of Python's allocator, and bytes of the C library's."""
    wait_for_threads()
    # The cache of type attributes holds the names of what was looked up, up to its size: a module with many classes
    # fills it for hundreds of imports.
    clear = getattr(sys, "_clear_internal_caches", None) or getattr(sys, "_clear_type_cache", None)
    if clear is not None:
        clear()
    return [sys.getallocatedblocks(), MALLOC_BYTES[0]()]


def no_bytes():
    return 0


MALLOC_BYTES = [no_bytes]


def find_mallinfo():
    try:
        import _ctypes

        class Size(_ctypes._SimpleCData):
            _type_ = "L"

        class Info(_ctypes.Structure):
            _fields_ = [(name, Size) for name in (
                "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]

        class Call(_ctypes.CFuncPtr):
            _flags_ = _ctypes.FUNCFLAG_CDECL
            _restype_ = Info

        call = Call(_ctypes.dlsym(_ctypes.dlopen(None, 2), "mallinfo2"))

        def used():
            found = call()
            number = lambda value: getattr(value, "value", value)
            return number(found.uordblks) + number(found.hblkhd)

        used()
        MALLOC_BYTES[0] = used
    except BaseException:
        # Another C library: only Python's own blocks are counted.
        return


def scenario_leak_per_import():
    """The module is made and dropped many times; in a control, nothing is made."""
    prepare()
    say_step(name="import")
    if CONFIG["control"]:
        load()
    elif first_import() is None:
        return
    find_mallinfo()

    def cycle():
        if not CONFIG["control"]:
            fresh_copy()

    say_step(name="repeated imports")
    measure(cycle, CONFIG["cycles"], 10, CONFIG["enough"])


def measure(cycle, cycles, every, enough):
    for _ in range(cycles):
        cycle()
    for _ in range(3):
        gc.collect()
    # Three, of which the least counts: a table of the process that grows to twice its size falls into one of them,
    # and the first may still be one of those that sink.
    windows = []
    for _ in range(3):
        before = heap()
        for number in range(cycles):
            cycle()
            if number % every == every - 1:
                gc.collect()
        for _ in range(3):
            gc.collect()
        after = heap()
        windows.append([after[0] - before[0], after[1] - before[1]])
        if all(min(column) <= most for column, most in zip(zip(*windows), enough)):
            # So little is left behind that it is no leak; more windows would not say otherwise.
            break
    say_windows(windows=windows, cycles=cycles, bytes=MALLOC_BYTES[0] is not no_bytes)


def parents():
    """The packages around the target, with their folders."""
    names = CONFIG["name"].split(".")[:-1]
    folders = CONFIG["path"].split("/")[:-1]
    found = []
    for depth in range(len(names)):
        above = len(names) - 1 - depth
        found.append((".".join(names[: depth + 1]), "/".join(folders[: len(folders) - above])))
    return found


def scenario_leak_per_interpreter():
    """Interpreters come and go; each imports the target; in a control, only what the target itself imported.

    The packages around the target are empty: Python code leaves memory of its own behind.
    """
    api = Interpreters()
    prepare()
    preload()
    find_mallinfo()
    script = "\n".join([
        *opening("a sub-interpreter"),
        "if CONFIG['unchecked']:\n    import _imp\n    _imp._override_multi_interp_extensions_check(-1)",
        "before = set(sys.modules)",
        "prepare()",
        "for name, folder in %r:" % (parents(),),
        "    sys.modules[name] = type(sys)(name)",
        "    sys.modules[name].__path__ = [folder]",
        "module = load()",
        "names = set(namespace(module) if module else ())",
        "for one in (own_types(module).values() if module else ()):",
        "    names.update(one.__dict__)",
        # What an extension puts there itself, without a spec, cannot be imported by a control.
        "specs = {name: getattr(found, '__spec__', None) for name, found in sys.modules.items()}",
        "loaded = [name for name in specs if specs[name] is not None and name not in before and name not in %r]"
        % ([CONFIG["name"]] + [name for name, _ in parents()],),
        "say_loaded(names=loaded, own=len(names))",
    ])

    def cycle():
        one = api.create(CONFIG["gil"])
        api.execute(one, "a sub-interpreter", script)
        api.destroy(one)

    say_step(name="interpreters that come and go")
    measure(cycle, CONFIG["cycles"], 5, CONFIG["enough"])
