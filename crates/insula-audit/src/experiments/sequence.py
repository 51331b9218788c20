# Interpreters one after the other, in both orders.


def scenario_main_first():
    """Main imports, then two sub-interpreters one after the other."""
    api = Interpreters()
    prepare()
    preload()
    say_step(name="import in the main interpreter")
    module = first_import()
    if module is None and not CONFIG["control"]:
        return
    if module is not None:
        types = own_types(module)
        outcomes = use(types)
        say_reached_objects(objects=walk(module))
        say_imported(names=NAMES, dependencies=[])
        wait_at_one_interpreter(known=known())
    say_step(name="creation of the first sub-interpreter")
    one = api.create(CONFIG["gil"])
    say_step(name="import in the first sub-interpreter")
    api.run(one, "first sub-interpreter", "visit(True)")
    if module is not None:
        wait_at_two_interpreters(known=known())
    say_step(name="end of the first sub-interpreter")
    api.destroy(one)
    if module is not None:
        say_step(name="use in the main interpreter after the sub-interpreter ended")
        say_replayed(before=outcomes, after=use(types))
    say_step(name="import in the second sub-interpreter")
    two = api.create(CONFIG["gil"])
    api.run(two, "second sub-interpreter", "visit(False)")
    say_step(name="end of the second sub-interpreter")
    api.destroy(two)


def scenario_sub_first():
    """A sub-interpreter imports before anybody else, then another, then the main interpreter."""
    api = Interpreters()
    prepare()
    preload()
    say_step(name="import in the first sub-interpreter")
    one = api.create(CONFIG["gil"])
    api.run(one, "first sub-interpreter", "visit(False)")
    say_step(name="end of the first sub-interpreter")
    api.destroy(one)
    say_step(name="import in the second sub-interpreter")
    two = api.create(CONFIG["gil"])
    api.run(two, "second sub-interpreter", "visit(False)")
    say_step(name="import in the main interpreter after two sub-interpreters")
    module = first_import()
    if module is not None:
        types = own_types(module)
        use(types)
    say_step(name="end of the second sub-interpreter")
    api.destroy(two)
    if module is not None:
        say_step(name="use in the main interpreter after the sub-interpreters ended")
        use(types)
