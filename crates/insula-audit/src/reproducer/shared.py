def follow(module):
    one = module
    for name in ATTRIBUTES:
        one = one.get(name) if isinstance(one, dict) else getattr(one, name, None)
    return one


import inspect

mine = follow(load())
source = inspect.getsource(follow) + "\nATTRIBUTES = %r\n" % (ATTRIBUTES,)
other = create()
read, write = os.pipe()
run(other, source + "import os\nos.write(%d, str(id(follow(module))).encode())" % write)
if mine is not None and int(os.read(read, 100)) == id(mine):
    sys.exit("one object in two interpreters: %s" % ".".join(ATTRIBUTES))
