# For a test: every function of events.py, once, with values as its events have them.


def scenario_every_event():
    types = {"T": [1, True]}
    say_step(name="a step \" \\ \n \udc80 é \U0001f40d")
    say_failed(stage="import", class_="ImportError", message="no", missing=None, deliberate=True)
    say_stray(class_="SystemError", message="no")
    say_search_path(entries=["/lib"])
    say_imported(names=["a"], dependencies=[["b", "/b.so"]])
    say_reached_objects(objects=[[1 << 47, "T", "m.x", False]])
    say_visited(names=["a"], known=[[1, "T"]])
    say_again(same_module=False, first_names=["a"], names=["a"], first_types=types, types=types)
    say_replayed(before={"T": "x"}, after={"T": "y"})
    say_cycle(names=["a"])
    say_init_returned(returns={"PyInit_m": "moduledef"})
    for kind in ("builtin", "missing", "extension", "python"):
        say_located(kind=kind, file=None, folders=["/f"])
    say_attempt(expression="m.f()")
    say_made(by={"T": "m.T()"})
    say_experiment(number=1, label="slope of T")
    say_experiment_raised(label="slope of T", class_="OSError")
    say_visits(of="T", of_type=1, over=[["its type", 2, -1]])
    say_slope(of="T", references=-60, repeats=60, blocks=-1, alive=0)
    say_members(of="T", missed=["item"], ways=1)
    say_cycle_stays(of="T", stuck=["item"])
    say_untracked(of="T", tracked=True, by="a member")
    say_lifetime(same=False, survivors=["T"])
    for part in ("result", "argument", "receiver"):
        say_over_released(call="m.f()", part=part, kind="T")
    say_cases(chosen=1, all=2, groups=1)
    say_case(number=1, group="f", expression="m.f(None)", bare=False)
    say_slow(expression="m.f(None)")
    say_broken_contract(group="f", expression="m.f(None)", message="no exception")
    say_out_of_memory(group="f", expression="m.f(None)")
    say_time_up(at=1, of=2)
    say_given(results=[["m.f", "m.f()", 1 << 47, "T"]], memory=[["T", [1 << 47]]])
    say_repeated(callable="f", call="m.f()")
    say_call_leaves(callable="f", call="m.f()", blocks=-1, bytes=640, repeats=40)
    say_calls_repeated(reached=1, of=2, unclear=["f"])
    say_init_again(of="T", call="T()", blocks=40, bytes=-1, repeats=40)
    say_weak_references(of="T", wrong=None)
    say_windows(windows=[[-1, 1]], cycles=60, bytes=True)
    say_loaded(names=["b"], own=1)
    say_recorded(count=1)
    say_second_imported()
    say_changed(call="m.f()", before="a", after="b", when="now")
    say_effects(changed=["the umask"])
    say_described(module={"doc": {"__doc__": "None"}}, types={"T": {"flags": {"HEAPTYPE": "set"}}})
    every_telling()
    every_exercise()
    every_checkpoint()


def every_telling():
    image = {"path": "/m.so", "address": 1 << 47, "size": 4096, "is_extension": True}
    tell_present(error=None)
    tell_import_begun(module="m")
    for call in (None, "module.f()"):
        tell_call_begun(module="m", call=call)
    tell_not_imported(module="m", class_="ModuleNotFoundError", message="no", missing="n")
    tell_standard_library(names=["json"])
    tell_outcomes(of=[["m", "module.f()", "returns 1"], ["m", "module.g()", None]])
    tell_changed(module="m", call="module.f()", before="returns 1", after="returns 2", when="now")
    tell_stray(module="m", call="module.f(callback)")
    tell_images(reading=1, images=[image], loaded=[["m", "/m.so"]], known=known())
    tell_objects(reading=1, gaps=[1 << 47, 0, 16])
    tell_growth(windows=[[-1, 1, 0]], cycles=5, bytes=True)


def every_exercise():
    exercise_began(test="t", at=500, whole=False)
    for ended in ("passed", "failed", "skipped", "restricted"):
        exercise_tested(test="t", ended=ended, said="")
    exercise_exercised(error=None)
    exercise_called(reached=["f"], missed=[])
    exercise_touched(test="t", calls=["f"])
    exercise_leaves(test="t", blocks=1, bytes=-1, repeats=40, uses=True, calls=["f"])
    exercise_keeps(test="t")
    exercise_beside(test="t")
    exercise_repeated(count=1, of=2, steady=["g"])


def every_checkpoint():
    types = known()
    # Longer than a frame, in the middle of a character too.
    assert len(encode(types)) > 2 * CHUNK
    wait_at_import(known=types, module=id(sys), others=[1])
    wait_at_one_interpreter(known=types)
    wait_at_two_interpreters(known=types)
    wait_at_export(slots=1)
    wait_at_definition(address=1)
    wait_at_state(known=types, module=1, referents=[1], types={"T": 1})
    wait_at_instances(known=types, samples={"T": [[1, [2, 3]]]})
    wait_at_before_calls(known=types)
    for block in (None, 0, 1):
        wait_at_after_calls(known=types, others=[], tls=block)
    wait_at_copies(reading=1)
    wait_at_inventory(module=1, types={"T": 1}, callables={"T.f": [1, "method_descriptor"]}, code={"T.f": ["m.pyx", 1]})
