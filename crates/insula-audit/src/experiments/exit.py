# The import and nothing else, so that what happens at exit is the target's.


def scenario_exit():
    prepare()
    say_step(name="import")
    first_import()
