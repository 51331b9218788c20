# One cycle of a runtime that is started and ended several times.


def scenario_restart():
    say_step(name="import in cycle %d" % CYCLE)
    prepare()
    try:
        module = load()
        use(own_types(module) if module else {})
        say_cycle(names=NAMES)
    except BaseException as error:
        failed(error, "import")
    say_step(name="end of cycle %d" % CYCLE)
