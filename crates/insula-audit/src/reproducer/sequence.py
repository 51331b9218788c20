USE = """
outcomes = {}
for name, one in sorted(vars(module).items()):
    if isinstance(one, type):
        for arguments in ((), (1,), ("a",), (b"a",), ([],), (None,)):
            try:
                one(*arguments)
            except Exception as error:
                outcomes.setdefault(name, type(error).__name__)
            else:
                outcomes[name] = arguments
                break
"""


def visit(interpreter, first):
    "Imports and uses it; all but the first one want the names that the first one had."
    code = "import os\nos.write(%d, repr(sorted(vars(module))).encode())\n" % names
    if not first:
        code = "missing = set(%r) - set(vars(module))\nassert not missing, missing\n" % (sorted(seen()),)
    run(interpreter, code + USE)


def seen():
    return set(eval(os.pread(names, 1 << 24, 0)))


def used(module):
    scope = {"module": module}
    exec(USE, scope)
    return scope["outcomes"]


def main_first():
    module = load()
    os.write(names, repr(sorted(vars(module))).encode())
    outcomes = used(module)
    for number in range(2):
        other = create()
        visit(other, False)
        api.destroy(other)
        if used(module) != outcomes:
            sys.exit("the first interpreter's types answer otherwise than before")


def sub_first():
    one = create()
    visit(one, True)
    api.destroy(one)
    two = create()
    visit(two, False)
    module = importlib.import_module(NAME)
    missing = seen() - set(vars(module))
    assert not missing, missing
    used(module)
    api.destroy(two)
    used(module)


# Who comes first can be told once in a process: each order has one of its own.
for order in (main_first, sub_first):
    names = os.memfd_create("names")
    child = os.fork()
    if child == 0:
        order()
        sys.exit()
    ended = os.waitpid(child, 0)[1]
    if ended:
        sys.exit(2 if ended == 2 << 8 else "%s: %s" % (order.__name__, ended))
