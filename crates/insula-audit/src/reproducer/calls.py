import signal

CONTRACT = ("without setting an", "with an exception set", "with an error set", "bad argument to internal", "bad call flags")


def forget(result):
    pass


def attempt(call):
    signal.setitimer(signal.ITIMER_PROF, 5)
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        # Called by C code, which looks whether an exception is set beside the result.
        next(map(lambda _: forget(call()), (None,)))
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
