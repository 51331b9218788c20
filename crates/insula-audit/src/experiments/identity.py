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
    lines = ["true, false, null = True, False, None", "WHERE = 'the second interpreter'", "CONFIG = %r" % (CONFIG,)]
    lines.append("exec(compile(%r, '<insula probe>', 'exec'))" % CORE)
    lines.append("exec(compile(%r, '<insula inside>', 'exec'))" % INSIDE)
    lines.append("if CONFIG['unchecked']:\n    import _imp\n    _imp._override_multi_interp_extensions_check(-1)")
    lines.append("prepare()\ngive(load())")
    try:
        problem = api.api.run_string(one, "\n".join(lines))
    except Exception as error:
        problem = error
    if problem is not None:
        say_failed(stage="script", class_="RunFailed", message=str(problem)[:2000], missing=None, deliberate=False)
    say_step(name="end of the second interpreter")
    api.destroy(one)
