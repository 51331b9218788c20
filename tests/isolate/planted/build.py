"""Builds the planted packages of a folder for the Python that runs this: `python build.py [THEME ...]` prints where.

What a file is made from (sources, flags, compiler, Python) names it in a cache, so a second run links nothing.
"""

import concurrent.futures
import filecmp
import functools
import hashlib
import importlib.util
import os
import shutil
import struct
import subprocess
import sys
import sysconfig
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE] if HERE not in sys.path else []
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
SOABI = sysconfig.get_config_var("SOABI")
TAGS = {"native": SUFFIX, "abi3": ".abi3.so", "plain": ".so"}
COMMON = ("-O1", "-shared", "-fPIC", "-pthread", "-Wall", "-Wextra", "-Wno-missing-field-initializers")


def themes():
    return sorted(name for name in os.listdir(HERE) if os.path.exists(os.path.join(HERE, name, "cases.py")))


def cases(theme):
    """The module `cases` of a theme's folder."""
    name = f"planted_{theme}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, os.path.join(HERE, theme, "cases.py"))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[name] = module
    return sys.modules[name]


def target_folder():
    """Where built files go: cargo's target folder, as everything that is made here."""
    chosen = os.environ.get("CARGO_TARGET_DIR") or os.path.join(HERE, "..", "..", "..", "target")
    return os.path.join(os.path.abspath(chosen), "planted", SOABI)


def include_folder():
    return sysconfig.get_path("include")


def compiler(sources):
    cpp = any(source.endswith((".cpp", ".cc")) for source in sources)
    return os.environ.get("CXX", "c++") if cpp else os.environ.get("CC", "cc")


def remove_section_headers(image):
    """The file keeps what the dynamic loader reads, and loses what only linkers and debuggers read."""
    struct.pack_into("<Q", image, 0x28, 0)  # e_shoff
    struct.pack_into("<HHH", image, 0x3A, 0, 0, 0)  # e_shentsize, e_shnum, e_shstrndx


def poke(format_, offset, *values):
    return lambda image: struct.pack_into(format_, image, offset, *values)


def cut(length):
    def change(image):
        del image[length(image) if callable(length) else length:]
    return change


def program_headers(image):
    """(offset of the header, type) of each."""
    begin, = struct.unpack_from("<Q", image, 0x20)
    size, number = struct.unpack_from("<HH", image, 0x36)
    return [(begin + index * size, *struct.unpack_from("<I", image, begin + index * size)) for index in range(number)]


PT_LOAD, PT_DYNAMIC = 1, 2


def no_dynamic_section(image):
    for offset, type_ in program_headers(image):
        if type_ == PT_DYNAMIC:
            struct.pack_into("<I", image, offset, 0)  # PT_NULL


def unaligned_segments(image):
    """The second segment's place in the file and in memory differ modulo the page."""
    offset = [offset for offset, type_ in program_headers(image) if type_ == PT_LOAD][1]
    address, = struct.unpack_from("<Q", image, offset + 16)
    struct.pack_into("<Q", image, offset + 16, address + 8)  # p_vaddr


def segment_beyond(image):
    offset = [offset for offset, type_ in program_headers(image) if type_ == PT_LOAD][-1]
    struct.pack_into("<QQ", image, offset + 32, 1 << 24, 1 << 24)  # p_filesz, p_memsz


def symbol_table_outside(image):
    for offset, type_ in program_headers(image):
        if type_ == PT_DYNAMIC:
            place, = struct.unpack_from("<Q", image, offset + 8)
            while True:
                tag, _ = struct.unpack_from("<QQ", image, place)
                if tag == 6:  # DT_SYMTAB
                    struct.pack_into("<Q", image, place + 8, 0x7FFF00000000)
                if tag == 0:
                    return
                place += 16


def replaced_by(content):
    def change(image):
        image[:] = content
    return change


CHANGES = {
    "no section headers": remove_section_headers,
    "empty": replaced_by(b""),
    "text": replaced_by(b"this is a text, and not a library\n" * 100),
    "cut to 40 bytes": cut(40),
    "cut to 100 bytes": cut(100),
    "cut to half": cut(lambda image: len(image) // 2),
    "cut to the first page": cut(4096),
    "for aarch64": poke("<H", 0x12, 183),
    "32 bits": poke("B", 4, 1),
    "big endian": poke("B", 5, 2),
    "an executable": poke("<H", 0x10, 2),
    "program headers beyond the end": poke("<Q", 0x20, 1 << 40),
    "no program headers": poke("<H", 0x38, 0),
    "no dynamic section": no_dynamic_section,
    "unaligned segments": unaligned_segments,
    "a segment beyond the end": segment_beyond,
    "symbol table outside": symbol_table_outside,
}


def file_name(recipe):
    return recipe["target"] + (TAGS[recipe["tag"]] if recipe["kind"] == "extension" else "")


def key(recipe, theme, commands):
    digest = hashlib.sha256(repr((commands, recipe["after"], sys.version)).encode())
    folder = os.path.join(HERE, theme)
    headers = [os.path.join(HERE, "planted.h"), *(
        os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith((".h", ".map")))]
    for path in [*headers, *(os.path.join(folder, source) for source in recipe["sources"])]:
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()[:32]


def link(recipe, theme, site, cache):
    """Compiles and links a file into the cache, and puts it into the site."""
    destination = os.path.join(site, file_name(recipe))
    folder = os.path.join(HERE, theme)
    command = [compiler(recipe["sources"]), *COMMON, f"-I{include_folder()}", f"-I{HERE}", f"-I{folder}"]
    command += [os.path.join(folder, source) for source in recipe["sources"]]
    if recipe["kind"] == "library" and recipe["soname"] != "":
        command.append(f"-Wl,-soname,{recipe['soname'] or os.path.basename(destination)}")
    if recipe["tag" if recipe["kind"] == "extension" else "kind"] == "abi3":
        command.append("-DPy_LIMITED_API=0x030B0000")
    if recipe["runpath"]:
        command.append(f"-Wl,-rpath,{recipe['runpath']}")
    command += [flag.replace("{source}", folder) for flag in recipe["flags"]]
    for needed in recipe["needs"]:
        path = os.path.join(site, needed)
        by_name = [f"-L{os.path.dirname(path)}", f"-l:{os.path.basename(path)}"]
        command += by_name if recipe["by_name"] else [path]
    if recipe["needs"]:
        command.append("-Wl,-rpath-link," + os.path.join(site, os.path.dirname(recipe["needs"][0])))
    made = os.path.join(cache, key(recipe, theme, command))
    if not os.path.exists(made):
        handle, new = tempfile.mkstemp(dir=cache)
        os.close(handle)
        done = subprocess.run([*command, "-o", new], capture_output=True, text=True)
        if done.returncode != 0:
            os.unlink(new)
            raise RuntimeError(f"{theme}: cannot build {file_name(recipe)}:\n{' '.join(command)}\n{done.stderr}")
        if recipe["after"]:
            with open(new, "rb") as file:
                image = bytearray(file.read())
            CHANGES[recipe["after"]](image)
            with open(new, "wb") as file:
                file.write(image)
        os.chmod(new, 0o755)
        os.replace(new, made)
    put(made, destination)


def put(made, destination):
    """A copy, for two names of one file are one to the dynamic loader; never written in place, for it may be mapped."""
    if os.path.exists(destination) and filecmp.cmp(made, destination, shallow=False):
        return
    os.makedirs(os.path.dirname(destination), exist_ok=True)
    new = f"{destination}.{os.getpid()}.new"
    shutil.copy(made, new)
    os.replace(new, destination)


def write_text(recipe, site):
    path = os.path.join(site, recipe["target"])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    content = recipe["content"].encode()
    if os.path.exists(path):
        with open(path, "rb") as file:
            if file.read() == content:
                return
    with open(path, "wb") as file:
        file.write(content)


def make_alias(recipe, site):
    path = os.path.join(site, recipe["target"])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.islink(path):
        new = f"{path}.{os.getpid()}.new"
        os.symlink(recipe["of"], new)
        os.replace(new, path)


@functools.cache
def build(theme, jobs=2):
    """Builds what a theme plants; returns the folder to put on `sys.path`."""
    site = os.path.join(target_folder(), "site", theme)
    cache = os.path.join(target_folder(), "made")
    os.makedirs(site, exist_ok=True)
    os.makedirs(cache, exist_ok=True)
    made = {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for recipe in cases(theme).BUILD:
            if sys.version_info < recipe["since"]:
                continue
            if recipe["kind"] == "text":
                write_text(recipe, site)
                continue
            if recipe["kind"] == "alias":
                make_alias(recipe, site)
                continue
            for needed in recipe["needs"]:
                made[needed].result()
            made[recipe["target"]] = pool.submit(link, recipe, theme, site, cache)
        for future in made.values():
            future.result()
    return site


def main(names):
    for theme in names or themes():
        print(build(theme))


if __name__ == "__main__":
    main(sys.argv[1:])
