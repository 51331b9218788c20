import gc


def read(address):
    with open("/proc/self/mem", "rb", 0) as memory:
        try:
            memory.seek(address)
            return int.from_bytes(memory.read(8), "little")
        except (OSError, ValueError, OverflowError):
            return 0


def image():
    with open("/proc/self/maps") as maps:
        found = [line.split()[0].split("-") for line in maps if line.rstrip().endswith(os.path.realpath(module.__file__))]
    return int(found[0][0], 16), int(found[-1][1], 16)


def classes():
    found, waiting = {}, [object]
    while waiting:
        cls = waiting.pop()
        if id(cls) not in found:
            found[id(cls)] = cls
            waiting.extend(type.__subclasses__(cls))
    return found


def unready(address, start, end):
    "Whether a static type is laid out there that nothing has made ready yet: it has a name, and instances a size."
    name, size, flags = read(address + 24), read(address + 32), read(address + 168)
    if not (start <= name < end and 16 <= size < 1 << 20 and read(address + 8) in (0, id(type))) or flags & 0x1200:
        return False
    text = b"".join(read(name + at).to_bytes(8, "little") for at in range(0, 200, 8)).partition(bytes(1))[0]
    plain = text.decode("latin-1").rpartition(".")[2]
    return plain.isidentifier() and not any(cls.__name__ == plain for cls in classes().values())


def held():
    "What the variable holds: the class of the object, or None."
    start, end = image()
    if STATIC:
        cls = classes().get(start + VADDR, type if unready(start + VADDR, start, end) else None)
        return cls if cls is not None and not cls.__flags__ & 1 << 9 else None
    address = read(start + VADDR) & ~7
    return None if address == 0 or start <= address < end else classes().get(read(address + 8))


def look(made):
    "The first look at an object makes its type ready, if the author did not."
    type.__getattribute__(type(made), "__mro__")
    return made


def use(subject, depth=1):
    for name, one in sorted(vars(subject).items()):
        if callable(one) and not name.startswith("__") and not any(word in name for word in UNSAFE):
            for arguments in ((), (1,), ("a",), (b"a",), ([],), (None,), ("a", "b"), (1, 2)):
                try:
                    made = look(one(*arguments))
                    if depth and isinstance(one, type):
                        for method in dir(one):
                            if not method.startswith("__") and callable(getattr(made, method, None)):
                                look(getattr(made, method)(*arguments))
                except Exception:
                    pass


UNSAFE = ("exit", "abort", "kill", "fork", "exec", "close", "pause", "wait", "sleep", "remove", "unlink", "system")
module = load()
if held() is None:
    use(module)
kind = held()
if kind is not None:
    sys.exit("the process-wide variable holds a static type" if STATIC else "it holds an object of type %r" % kind.__name__)
