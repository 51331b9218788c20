# What an unpacked interpreter must be able to do before it counts as one.
import glob, os, subprocess, sys, sysconfig, tempfile

import bz2, ctypes, hashlib, lzma, sqlite3, ssl, zlib  # noqa: E401
import test.support, test.test_context, _testmultiphase, xxlimited  # noqa: E401
import pip

root = sys.base_prefix
include = sysconfig.get_paths()["include"]
libdir = sysconfig.get_config_var("LIBDIR")
for folder in (include, libdir, os.__file__, ssl.__file__, _testmultiphase.__file__):
    assert folder.startswith(root + os.sep), folder + " is outside of " + root
assert os.path.isfile(os.path.join(include, "Python.h")), "no Python.h"
with open(os.path.join(include, "pyconfig.h")) as header:
    assert "SIZEOF_VOID_P" in header.read(), "pyconfig.h is a mere reference"
assert glob.glob(os.path.join(libdir, "libpython%d.%d*.so*" % sys.version_info[:2])), "no libpython in " + libdir

said = subprocess.check_output([sys.executable, "-I", "-c", "import sys; print(sys.version)"], text=True)
assert said.strip() == sys.version, "a sub-process is " + said
with tempfile.TemporaryDirectory() as folder:
    env = os.path.join(folder, "env")
    subprocess.run([sys.executable, "-I", "-m", "venv", env], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([os.path.join(env, "bin", "python"), "-I", "-m", "pip", "--version"], check=True, stdout=subprocess.DEVNULL)
