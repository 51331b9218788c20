# Run by `inspect` inside the interpreter in question, from Python 3.6 on: writes one marked line of JSON.
import sys

if sys.implementation.name != "cpython" or sys.version_info < (3, 8):
    import platform

    print("\n" + MARK + '{"implementation": "%s", "version": "%s"}' % (sys.implementation.name, platform.python_version()))
    sys.exit()

import importlib.util
import json
import os
import re
import struct
import sysconfig

var = sysconfig.get_config_var
paths = sysconfig.get_paths()


def mapped():
    """The files in this process's memory: what is really loaded, whatever the build settings claim."""
    try:
        with open("/proc/self/maps", errors="surrogateescape") as maps:
            lines = maps.read().split("\n")
    except OSError:
        return []
    return list(dict.fromkeys(line.split(None, 5)[5] for line in lines if line.count("/")))


def first(paths):
    for path in paths:
        if os.path.isfile(path):
            return os.path.realpath(path)
    return None


def libpython(files):
    for path in files:
        if re.match(r"libpython3\.", os.path.basename(path)):
            return path
    if not var("Py_ENABLE_SHARED"):
        return None
    # The program does not link the library, yet the build made one: it lies beside the installation.
    name = var("INSTSONAME") or var("LDLIBRARY") or ""
    lib = os.path.join(sys.base_prefix, "lib")
    folders = [os.path.join(lib, var("MULTIARCH") or ""), lib, sys.base_prefix, var("LIBDIR"), var("LIBPL")]
    return first(os.path.join(folder, name) for folder in folders if folder) if name else None


def loader(files):
    """The dynamic loader and the C library's folder, when they are not the system's."""
    system = ("/lib", "/usr/lib")
    for path in files:
        if re.match(r"ld(64)?[-.].*so", os.path.basename(path)) and not path.startswith(system):
            libc = [f for f in files if re.match(r"libc[-.]", os.path.basename(f))]
            return path, os.path.dirname(libc[0] if libc else path)
    return None, None


def libc():
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):
        return None


def has(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


info = sys.version_info
files = mapped()
level = {"alpha": "a", "beta": "b", "candidate": "rc"}.get(info.releaselevel, "")
loader_path, library_path = loader(files)
dynload = [p for p in sys.path if os.path.basename(p) == "lib-dynload" and os.path.isdir(p)]
include = paths["include"]
stdlib = os.path.dirname(os.__file__)
platform_tag = sysconfig.get_platform()

print(
    "\n"
    + MARK
    + json.dumps(
        {
            "executable": sys.executable,
            "version": {
                "major": info.major,
                "minor": info.minor,
                "micro": info.micro,
                "suffix": level and level + str(info.serial),
            },
            "facts": {
                "implementation": sys.implementation.name,
                "full_version": " ".join(sys.version.split()),
                "platform": platform_tag,
                "cache_tag": sys.implementation.cache_tag or "",
                "ext_suffix": var("EXT_SUFFIX") or ".so",
                "soabi": var("SOABI") or "",
                "debug": hasattr(sys, "gettotalrefcount"),
                "free_threaded": bool(var("Py_GIL_DISABLED")),
                "pointer_bits": struct.calcsize("P") * 8,
                "machine": platform_tag.rsplit("-", 1)[-1],
                "libc": libc(),
                "libpython": libpython(files),
                "loader": loader_path,
                "library_path": library_path,
                "base_executable": getattr(sys, "_base_executable", None) or sys.executable,
                "prefix": sys.prefix,
                "base_prefix": sys.base_prefix,
                "stdlib": stdlib,
                "lib_dynload": dynload[0] if dynload else None,
                "site_packages": paths["platlib"],
                "include": include if os.path.isfile(os.path.join(include, "Python.h")) else None,
                "has_pip": has("pip"),
                "has_test_package": has("test.test_context") and has("_testmultiphase"),
            },
        }
    )
)
