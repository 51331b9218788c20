# The module's types and callables: where they are, and what code objects say about their source.

LISTED = frozenset((
    "builtin_function_or_method", "cython_function_or_method", "fused_cython_function", "method_descriptor",
    "classmethod_descriptor", "wrapper_descriptor", "getset_descriptor",
))
CODE = type(safe.__code__)


def take_inventory(module):
    types = target_types(module, static=True)
    found = dict(namespace(module))
    for name, cls in types.items():
        for attribute, value in dict(cls.__dict__).items():
            inner = value.__func__ if type(value) in (staticmethod, classmethod) else value
            found["%s.%s" % (name, attribute)] = inner
    callables, code = {}, {}
    for name, value in found.items():
        kind = type_name(type(value))
        if kind not in LISTED:
            continue
        callables[name] = [id(value), kind]
        one = getattr(value, "__code__", None) if "cython" in kind else None
        if type(one) is CODE and one.co_firstlineno > 0:
            code[name] = [one.co_filename, one.co_firstlineno]
    addresses = {name: id(cls) for name, cls in types.items()}
    wait_at_inventory(module=id(module), types=addresses, callables=callables, code=code)


def scenario_inventory():
    prepare()
    say_step(name="import")
    module = first_import()
    if module is not None:
        take_inventory(module)
