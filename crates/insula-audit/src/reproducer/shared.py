def follow(module, attributes):
    one = module
    for name in attributes:
        name = {"<dict>": "__dict__", "<module>": "__self__"}.get(name, name)
        one = one.get(name) if isinstance(one, dict) else getattr(one, name, None)
    return one


import inspect

mine = follow(load(), ATTRIBUTES)
source = inspect.getsource(follow)
other = create()
read, write = os.pipe()
run(other, source + "\nimport os\nos.write(%d, str(id(follow(module, %r))).encode())" % (write, OTHERS))
if mine is not None and int(os.read(read, 100)) == id(mine):
    sys.exit("one object in two interpreters: %s, %s" % (".".join(ATTRIBUTES), ".".join(OTHERS)))
