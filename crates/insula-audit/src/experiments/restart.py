# One cycle of a runtime that is started and ended several times.


def enter_environment():
    """Gives a runtime that knows of the installation alone what the executable has: its path, and its environment."""
    sys.path[:] = CONFIG["search"]
    if CONFIG["environment"] is not None:
        import site

        sys.prefix, packages = CONFIG["environment"]
        sys.exec_prefix = sys.prefix
        # Its `.pth` files, of which some import what finds packages.
        site.addsitedir(packages)


def scenario_restart():
    say_step(name="import in cycle %d" % CYCLE)
    enter_environment()
    prepare()
    try:
        module = load()
        use(own_types(module) if module else {})
        say_cycle(names=NAMES)
    except BaseException as error:
        failed(error, "import")
    say_step(name="end of cycle %d" % CYCLE)
