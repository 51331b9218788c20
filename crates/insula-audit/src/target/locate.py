# Where an import would go.


def scenario_locate():
    """Where this interpreter would import a name from, without importing it."""
    external = sys.modules["_frozen_importlib_external"]
    sys.path[:0] = CONFIG["roots"]
    path = None
    parts = CONFIG["name"].split(".")
    spec = None
    if parts[0] in sys.builtin_module_names:
        say_located(kind="builtin", file=None, folders=[])
        return
    for number, part in enumerate(parts):
        name = ".".join(parts[: number + 1])
        if number == 0:
            for finder in sys.meta_path:
                find = getattr(finder, "find_spec", None)
                spec = find(name, None) if find else None
                if spec is not None:
                    break
        else:
            spec = external.PathFinder.find_spec(name, path)
        if spec is None:
            say_located(kind="missing", file=None, folders=[])
            return
        path = spec.submodule_search_locations
        if path is not None:
            path = list(path)
    kind = "extension" if isinstance(spec.loader, external.ExtensionFileLoader) else "python"
    if spec.origin in ("built-in", "frozen"):
        kind = "builtin" if spec.origin == "built-in" else "python"
    say_located(kind=kind, file=spec.origin if isinstance(spec.origin, str) else None, folders=path or [])
