# What runs under valgrind. Its arguments: the program text that uses all of the module `everything`, and the module's file; without
# the second, a module of CPython's own is put through the same steps, for comparison.
import _interpreters as interpreters
import importlib.util
import sys
import threading

with open(sys.argv[1]) as file:
    SOURCE = file.read()
NAME, PATH = ("everything", sys.argv[2]) if len(sys.argv) > 2 else ("array", importlib.util.find_spec("array").origin)
BEGIN = f"name = {NAME!r}\npath = {PATH!r}\nsource = {SOURCE!r}\n"
BEGIN += """
import gc, importlib.machinery, importlib.util, sys
sys.stderr = None
def fresh():
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module
def work(repeat):
    for _ in range(repeat):
        module = sys.modules[name] = fresh()
        code = compile(source, name, "exec")
        if name == "everything":
            exec(code, {})
        else:
            kept = [module.array("d", [1.0, 2.0]) for _ in range(100)]
            try:
                module.array("x")
            except ValueError:
                pass
        del sys.modules[name], module
        gc.collect()
"""
names = {}
exec(BEGIN, names)
names["work"](5)


failures = []


def elsewhere():
    interpreter = interpreters.create()
    failed = interpreters.run_string(interpreter, BEGIN + "work(2)")
    if failed is not None:
        failures.append(failed.formatted)
    interpreters.destroy(interpreter)


# Interpreters with their own GIL, here and on threads.
elsewhere()
threads = [threading.Thread(target=elsewhere) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if failures:
    raise SystemExit("\n".join(failures))
