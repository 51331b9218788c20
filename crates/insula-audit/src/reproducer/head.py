import importlib, os, subprocess, sys
if os.environ.get("INSULA_REPRO") != NAME:  # In a child, so that a crash can be told.
    variables = dict(os.environ, INSULA_REPRO=NAME, PYTHONMALLOC="debug", PYTHONHASHSEED="0")
    try:
        ended = subprocess.run([sys.executable, os.path.abspath(__file__)], env=variables, timeout=120).returncode
    except subprocess.TimeoutExpired:
        ended = "no end"
    print({0: "mended", 2: "it could not be tried"}.get(ended, "the defect is there (%s)" % ended))
    sys.exit(ended if ended in (0, 2) else 1)


FINDER = """
import importlib.machinery, importlib.util, os, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == NAME and os.path.exists(FILE):
            loader = importlib.machinery.ExtensionFileLoader(NAME, FILE)
            return importlib.util.spec_from_file_location(NAME, FILE, loader=loader)
sys.path[:0] = FOLDERS
sys.meta_path.insert(0, Finder())
"""
exec(FINDER)


def load():
    try:
        return importlib.import_module(NAME)
    except ImportError as error:
        print(error)
        sys.exit(2)
