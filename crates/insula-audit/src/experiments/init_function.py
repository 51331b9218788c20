# The init function, called as the import system does.


def scenario_init_function():
    """What the init function returns, and where the slots of a PyModExport module are."""
    import _ctypes

    handle = _ctypes.dlopen(CONFIG["path"], 2)

    class Address(_ctypes._SimpleCData):
        _type_ = "P"

    class Init(_ctypes.CFuncPtr):
        _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_PYTHONAPI
        _restype_ = Address

    found = {}
    for symbol in CONFIG["symbols"]:
        say_step(name=symbol)
        result = Init(_ctypes.dlsym(handle, symbol))()
        address = getattr(result, "value", result)
        if not address:
            continue
        if symbol.startswith("PyModExport"):
            wait_at_export(slots=address)
        else:
            kind = Address.from_address(address + 8).value
            name = {id(cls): cls.__name__ for cls in all_types().values()}.get(kind, "")
            found[symbol] = name
            if name == "moduledef":
                wait_at_definition(address=address)
    say_init_returned(returns=found)
