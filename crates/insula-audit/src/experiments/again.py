# Two imports in one interpreter.


def scenario_again():
    before = set(sys.modules)
    prepare()
    say_step(name="first import")
    module = first_import()
    if module is None:
        return
    types = imported(module, before)
    names = list(NAMES)
    outcomes = use(types)
    say_step(name="second import")
    del sys.modules[CONFIG["name"]]
    again = first_import()
    if again is None:
        return
    second = own_types(again)
    say_again(
        same_module=again is module,
        first_names=names,
        names=list(NAMES) if again is not module else names,
        first_types=table(types),
        types=table(second),
    )
    say_step(name="use of the second module")
    use(second)
    say_step(name="use of the first module after the second import")
    say_replayed(before=outcomes, after=use(types))
    say_step(name="collection of the second module")
    import gc

    del again, second
    sys.modules[CONFIG["name"]] = module
    gc.collect()
    say_step(name="use of the first module after the second was collected")
    say_replayed(before=outcomes, after=use(types))
