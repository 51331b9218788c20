# The same calls in two live interpreters: whether one is given what the other was given.


def scenario_identity():
    api = Interpreters()
    prepare()
    preload()
    say_step(name="import in the main interpreter")
    module = first_import()
    if module is None:
        return
    say_step(name="calls in the main interpreter")
    give(module)
    say_step(name="import in the second interpreter")
    one = api.create(CONFIG["gil"])
    lines = opening("the second interpreter", INSIDE)
    lines.append("if CONFIG['unchecked']:\n    import _imp\n    _imp._override_multi_interp_extensions_check(-1)")
    lines.append("prepare()\ngive(load())")
    api.execute(one, "second interpreter", "\n".join(lines))
    say_step(name="end of the second interpreter")
    api.destroy(one)
