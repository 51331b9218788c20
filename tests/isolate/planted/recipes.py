"""How a planted file is made, as plain data. The interpreters of a test read it, too, but build nothing."""


def extension(target, *sources, tag="native", flags=(), needs=(), runpath=None, since=(3, 11), after=None,
              by_name=False):
    """An extension module `target` (without its suffix). `needs` are targets of `library` that it is linked with.

    `tag`: "native" for this interpreter's own suffix, "abi3", "plain" for `.so`. `after`: the name of a change that
    `build.CHANGES` makes in the linked file. `by_name`: what has no soname is needed by its file name.
    """
    return dict(kind="extension", target=target, sources=sources, tag=tag, flags=tuple(flags), needs=tuple(needs),
                runpath=runpath, since=since, after=after, by_name=by_name)


def library(target, *sources, soname=None, flags=(), needs=(), runpath="$ORIGIN", after=None, by_name=False):
    """A bundled shared library. Its soname is its file name, as auditwheel leaves it, unless given ("" for none)."""
    return dict(kind="library", target=target, sources=sources, soname=soname, flags=tuple(flags), needs=tuple(needs),
                runpath=runpath, since=(3, 11), after=after, by_name=by_name)


def text(target, content=""):
    return dict(kind="text", target=target, content=content, since=(3, 11))


def alias(target, of):
    """A symbolic link to `of`, which is relative to its folder."""
    return dict(kind="alias", target=target, of=of, since=(3, 11))


def package(name):
    """A package without code of its own."""
    return text(f"{name}/__init__.py", f'"""Planted: {name}."""\n')
