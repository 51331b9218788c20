# What is installed in an environment, and what distributions mean by their packages.
#
# It runs beside the application and not with it: what it imports is none of the application's.
import os
import sys

sys.path[0] = os.path.dirname(os.__file__)
import importlib.machinery
import importlib.metadata
import importlib.util
import json
import pkgutil
import re
import urllib.parse

with open(sys.argv.pop(), encoding="utf-8") as told:
    CONFIG = json.load(told)
ENDINGS = tuple(importlib.machinery.EXTENSION_SUFFIXES)


def say(event, **fields):
    line = json.dumps(dict(fields, event=event, where="main"), ensure_ascii=False) + "\n"
    with open(CONFIG["out"], "ab") as out:
        out.write(line.encode("utf-8", "replace"))


def normal(name):
    # As distribution.rs has it.
    return re.sub("[-_.]+", "-", name).lower()


def packages(files):
    """What a distribution's files are imported by: the outermost packages and modules."""
    found = set()
    for file in files:
        parts = file.split("/")
        stem, dot, ending = parts[-1].partition(".")
        if "." + ending not in importlib.machinery.all_suffixes() or not all(map(str.isidentifier, parts[:-1] + [stem])):
            continue
        if stem == "__init__":
            found.add(tuple(parts[:-1]))
        elif len(parts) == 1:
            found.add((stem,))
    outer = [one for one in found if not any(one[:size] in found for size in range(1, len(one)))]
    beside = {"tests", "test", "docs", "doc", "examples", "benchmarks", "scripts"}
    public = [one for one in outer if not one[0].startswith("_") and one[0] not in beside]
    return sorted(".".join(one) for one in public or outer if one)


def dotted(file):
    """The name by which an extension module's file is imported; none for another file."""
    parts = file.split("/")
    parts[-1] = parts[-1].split(".")[0]
    if file.endswith(ENDINGS) and all(map(str.isidentifier, parts)):
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return None


def below(folder, name):
    """The extension modules in a package's folder."""
    for place, folders, files in os.walk(folder):
        folders[:] = filter(str.isidentifier, folders)
        inside = os.path.relpath(place, folder).split(os.sep)
        for file in files:
            module = dotted("/".join([part for part in inside if part != "."] + [file]))
            if module:
                yield name + "." + module


def on_path(file):
    """The modules of the folders that a .pth file puts on the path, where a distribution does not say its own."""
    with open(file, encoding="utf-8", errors="replace") as lines:
        folders = [line.strip() for line in lines if not line.startswith(("#", "import ", "import\t"))]
    return [one.name for folder in folders if os.path.isdir(folder) for one in pkgutil.iter_modules([folder])]


def elsewhere(one, files, tops):
    """What belongs to a distribution that has none of it among its files, as in editable form: by the names of its
    packages, and the extension modules below them."""
    if not tops:
        tops = [name for file in files if file.endswith(".pth") for name in on_path(str(one.locate_file(file)))]
        # One is its own name as other installers have it.
        tops = [name for name in tops if name not in ("setup", "conftest", "tests")] or [normal(one.name).replace("-", "_")]
    base, found, modules = os.path.realpath(str(one.locate_file(""))), [], []
    for name in tops:
        try:
            spec = importlib.util.find_spec(name)
        except Exception:
            # Finders of others may say anything.
            continue
        if spec is None:
            continue
        found.append(name)
        for folder in spec.submodule_search_locations or ():
            # A namespace has parts of others, too.
            if not (os.path.realpath(folder) + os.sep).startswith(base + os.sep):
                modules += below(folder, name)
    return found, modules


def told_of(one):
    """What a distribution says of itself."""
    fields, files = one.metadata, [str(file) for file in one.files or ()]
    urls, home = fields.get_all("Project-URL") or [], fields.get("Home-page")
    origin = json.loads(one.read_text("direct_url.json") or "{}")
    editable = origin.get("dir_info", {}).get("editable") and origin["url"].startswith("file://")
    lines = (one.read_text("top_level.txt") or "").split()
    # One in editable form may have a module that finds its others.
    own = [name for name in packages(files) if "editable" not in name]
    tops, modules = own or lines, list(filter(None, map(dotted, files)))
    if not own and not modules and (editable or lines):
        tops, modules = elsewhere(one, files, lines)
    return dict(
        name=fields["Name"], version=fields.get("Version") or "?", base=str(one.locate_file("")),
        compiled=[file for file in files if file.endswith(ENDINGS)], tops=lines or tops,
        source=urllib.parse.unquote(origin["url"][len("file://"):]) if editable else None,
        urls=urls + (["Homepage, " + home] if home else []),
    ), tops, modules


def wanted(installed, names):
    """The entries that distributions mean: those that are named with what they need, or all but the installers."""
    if names is None:
        names = [name for name in installed if name not in ("pip", "setuptools", "wheel")]
    entries, compiled = [], []
    for name in names:
        if name not in installed:
            say("missing", name=name)
            continue
        tops, modules = installed[name]
        entries += [top for top in tops if top not in entries]
        compiled += [(module, tops) for module in modules]
    # Importing a package may load none of its extension modules.
    compiled = [(module, tops) for module, tops in compiled if module not in entries]
    say("entries", names=entries, compiled=compiled)


def main():
    installed = {}
    for one in importlib.metadata.distributions(path=CONFIG["path"] or [CONFIG["folder"]] + sys.path[1:]):
        try:
            told, tops, modules = told_of(one)
        except Exception as error:
            say("unreadable", name=str(getattr(one, "_path", one)), message="%s: %s" % (type(error).__name__, error))
            continue
        if told["name"]:
            installed.setdefault(normal(told["name"]), (tops, modules))
            say("distribution", **told)
    if CONFIG["installed"] is not None:
        wanted(installed, CONFIG["installed"]["names"])


main()
say("end")
