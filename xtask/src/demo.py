# Runs in each cycle of Py_Initialize / Py_Finalize: imports the module in the main interpreter and, at the same time, in eight
# interpreters with their own GIL, one thread each. Prints the addresses of what every import must make anew.
import _interpreters
import posix
import threading

CODE = """
import _imp, posix
from importlib.machinery import ExtensionFileLoader, ModuleSpec
path, fd = {path!r}, {fd}
spec = ModuleSpec("xxlimited", ExtensionFileLoader("xxlimited", path), origin=path)
import sys
module = sys.modules["xxlimited"] = _imp.create_dynamic(spec)
_imp.exec_dynamic(module)
for number in range(1000):
    xxo = module.new()
    xxo.itself = xxo
    try:
        raise module.Error(number)
    except module.Error:
        pass
row = " ".join(hex(id(each)) for each in (module, module.Xxo, module.Str, module.Error))
posix.write(fd, b"%s\\n" % row.encode())
"""

read, write = posix.pipe()
code = CODE.format(path=MODULE, fd=write)
interpreters = [_interpreters.create("isolated") for _ in range(8)]
failures = []


def run(interpreter):
    failed = _interpreters.run_string(interpreter, code)
    if failed is not None:
        failures.append(failed.formatted)


threads = [threading.Thread(target=run, args=(each,)) for each in interpreters]
for thread in threads:
    thread.start()
exec(code, {})
for thread in threads:
    thread.join()
posix.close(write)
for line in posix.read(read, 1 << 16).decode().splitlines():
    print(CYCLE, line, flush=True)
posix.close(read)
# Ended in another order than begun, by another thread than the one that ran them.
for interpreter in reversed(interpreters):
    _interpreters.destroy(interpreter)
if failures:
    raise SystemExit("\n".join(failures))
