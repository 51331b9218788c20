"""A host that makes interpreters by itself and knows nothing of insula_isolate: what they import works, or is refused.

`host.py MODULE ...` prints a line for each module and interpreter.
"""

import sys
import threading

import _interpreters

CODE = """
import sys
name, number = {name!r}, {number}
try:
    module = __import__(name)
except ImportError as error:
    said = "refused" if "does not support loading in subinterpreters" in str(error) else repr(error)
else:
    if name == "orjson":
        said = module.loads(module.dumps([number, "text"])) == [number, "text"]
    else:
        said = dict(module.HashTrieMap({{"number": number}})) == {{"number": number}}
print(name, "works" if said is True else said, flush=True)
"""


def work(interpreter, name, number):
    failed = _interpreters.exec(interpreter, CODE.format(name=name, number=number))
    if failed is not None:
        print(failed.formatted, file=sys.stderr, flush=True)


for name in sys.argv[1:]:
    interpreters = [_interpreters.create() for _ in range(3)]
    threads = [threading.Thread(target=work, args=(each, name, number)) for number, each in enumerate(interpreters)]
    for thread in threads:
        thread.start()
        # Lines do not mix.
        thread.join()
    for each in interpreters:
        _interpreters.destroy(each)
