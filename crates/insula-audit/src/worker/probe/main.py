# What the scenarios of the main interpreter share, and their start.


def first_import():
    """Imports the target in the main interpreter; returns it or None, the failure being reported."""
    try:
        return load()
    except BaseException as error:
        failed(error, "import")
        return None


def is_importable(name, found):
    """Whether a control can import it by this name, and not what an extension put there itself: without a spec, or once
    more under another name, as cffi does."""
    spec = getattr(found, "__spec__", None)
    return spec is not None and getattr(spec, "name", None) == name


def imported(module, before):
    """Reports a first import; the types that came with it."""
    say_imported(
        names=NAMES,
        dependencies=[
            [name, getattr(found, "__file__", None) or ""]
            for name, found in list(sys.modules.items())
            if name not in before and found is not module and is_importable(name, found)
        ],
    )
    return own_types(module)


def main():
    import faulthandler

    faulthandler.enable(CONFIG["faults"], True)
    try:
        globals()["scenario_" + CONFIG["scenario"]]()
    except BaseException as error:
        # No scenario ends so by itself: an exception that a call of the target left behind surfaces here at the latest.
        say_stray(class_=type_name(type(error)), message=text_of(error))
        raise
    # Of a runtime that is restarted, the last cycle ends the scenario.
    if globals().get("CYCLE") == globals().get("CYCLES"):
        say_done()
