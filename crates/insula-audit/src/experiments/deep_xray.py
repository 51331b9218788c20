# The module in use: everything is made and called once, so that what is filled lazily is there to be seen.


def thread_local_block():
    """Where the target's block of thread-local storage is in this thread: 0 if this thread has not used any yet, None if
    the C library does not tell.
    """
    try:
        import _ctypes

        handle = _ctypes.dlopen(CONFIG["path"], 2)

        class Address(_ctypes._SimpleCData):
            _type_ = "P"

        class Number(_ctypes._SimpleCData):
            _type_ = "i"

        class Ask(_ctypes.CFuncPtr):
            _flags_ = _ctypes.FUNCFLAG_CDECL
            _restype_ = Number
            _argtypes_ = (Address, Number, Address)

        # RTLD_DI_TLS_DATA
        block = Address()
        ask = Ask(_ctypes.dlsym(_ctypes.dlopen(None, 2), "dlinfo"))
        failed = ask(handle, 10, _ctypes.addressof(block))
        if getattr(failed, "value", failed):
            return None
        return block.value or 0
    except BaseException:
        return None


def scenario_deep_xray():
    prepare()
    say_step(name="import")
    module = first_import()
    if module is None:
        return
    types = target_types(module, static=True)
    thread_local_block()
    say_step(name="constructor attempts")
    made = factories(module, types, CONFIG["functions"])
    calls = []
    if CONFIG["functions"]:
        for label, call in calls_of(module, types, made):
            if len(calls) >= 600:
                break
            calls.append((label, call))
    wait_at_before_calls(known=known())
    for label, call in calls:
        say_step(name=label)
        outcome_of(call)
    lift_time_limit()
    # What the probe itself made is not the target's.
    gc.collect()
    wait_at_after_calls(known=known(), others=of_others(module), tls=thread_local_block())
