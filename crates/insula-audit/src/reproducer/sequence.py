USE = """
for one in list(vars(module).values()):
    if isinstance(one, type):
        for arguments in ((), (1,), ("a",), ([],)):
            try:
                one(*arguments)
            except Exception:
                pass
"""
for main_first in (True, False):
    if main_first:
        module = load()
        exec(USE)
        names = set(vars(module))
    others = [create(), create()]
    for other in others:
        run(other, "missing = %r - set(vars(module))\nassert not missing, missing\n%s" % (names, USE))
    for other in others:
        api.destroy(other)
    exec(USE)
