# Calls in the first interpreter, before and after another one.


def scenario_replay():
    """Calls are recorded in the main interpreter, and repeated after another one imported the target, and ended."""
    api = Interpreters()
    prepare()
    preload()
    say_step(name="import in the main interpreter")
    module = first_import()
    if module is None:
        return
    types = target_types(module, static=True)
    say_step(name="constructor attempts")
    made = factories(module, types, CONFIG["functions"])
    say_step(name="recording of calls")
    calls = []
    for label, call in calls_of(module, types, made):
        if len(calls) >= 600:
            break
        calls.append((label, call))
    # The first round brings the module into the state that every later round begins with. What differs by itself
    # from one round to the next tells nothing.
    rounds = []

    # As deep in the stack as the repetitions below: some functions tell how much of it is left.
    def record(number):
        outcomes, kinds = [], []
        for label, call in calls:
            if number == 0:
                say_attempt(expression=label)
            outcomes.append(outcome_of(call, kinds))
        rounds.append(list(zip(outcomes, kinds)))

    for number in range(4):
        record(number)
    expected = [one[0] if one[0] == two[0] == three[0] else None for _, one, two, three in zip(*rounds)]
    # The same words may be about another interpreter's type.
    same = lambda one, two, three: one[1] is two[1] is three[1]
    types_of = [one[1] if same(one, two, three) else None for _, one, two, three in zip(*rounds)]
    lift_time_limit()
    say_recorded(count=len(calls) - expected.count(None))

    def replay(when):
        for (label, call), outcome, kind in zip(calls, expected, types_of):
            say_step(name="%s, %s" % (label, when))
            kinds = []
            now = outcome_of(call, kinds)
            if now == outcome and kind is not None and kinds.pop() is not kind:
                now += " (another type of that name)"
            if outcome is not None and now != outcome:
                say_changed(call=label, before=outcome, after=now, when=when)
        lift_time_limit()

    say_step(name="import in the second interpreter")
    one = api.create("legacy")
    if CONFIG["absent"]:
        # What the second interpreter would make and keep is made here.
        api.run(one, "second interpreter", "prepare()")
        use(own_types(module))
    else:
        api.run(one, "second interpreter", "visit(False)")
    say_second_imported()
    replay("after the second interpreter imported it")
    say_step(name="end of the second interpreter")
    api.destroy(one)
    replay("after the second interpreter ended")
