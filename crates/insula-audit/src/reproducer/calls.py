import signal

CONTRACT = ("without setting an", "with an exception set", "with an error set", "bad argument to internal", "bad call flags")


HELD = [None]


def references(call):
    result = HELD[0] = call()
    return sys.getrefcount(result)


def is_freed(count):
    # Nobody has it but who called, who was to get a reference, or PYTHONMALLOC=debug has overwritten its memory.
    return count < references(list) or 0 <= (count & 0xFFFFFFFF) - 0xDDDDDDDD < 8


def examine(call):
    if is_freed(references(call)):
        os.write(2, b"it returns an object that is freed already\n")
        # Not through the interpreter's end, which would free it again.
        os._exit(1)
    HELD[0] = None


def attempt(call):
    signal.setitimer(signal.ITIMER_PROF, 5)
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        # Called by C code, which looks whether an exception is set beside the result.
        next(map(lambda _: examine(call), (None,)))
    except SystemError as error:
        if any(sign in str(error) for sign in CONTRACT):
            sys.exit(str(error))
        print(error)
    except Exception as error:
        print(type(error).__name__, error)
        if UNBOUNDED and isinstance(error, MemoryError):
            sys.exit(1)
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            sys.exit(str(error))


if UNBOUNDED:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
