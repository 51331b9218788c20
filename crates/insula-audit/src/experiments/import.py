# The import, and light use.


def scenario_import():
    before = set(sys.modules)
    prepare()
    say_search_path(entries=[entry for entry in sys.path[len(CONFIG["roots"]):] if isinstance(entry, str)])
    say_step(name="import")
    module = first_import()
    if module is None:
        return
    types = imported(module, before)
    wait_at_import(known=known(), module=id(module), others=of_others(module))
    if CONFIG["light_use"]:
        say_step(name="light use")
        # A constructor that waits for something would have the audit wait too, and the other scenarios after this one.
        limit_time(20.0, 20.0)
        use(types)
        lift_time_limit()
        wait_at_import(known=known(), module=id(module), others=of_others(module))
