"""`python -m insula_isolate`, and INSULA_ISOLATE=1 with the .pth file."""

import os
import shutil
import tempfile
import textwrap
import unittest
import venv

import support

MODULES = os.path.dirname(os.path.dirname(support.HERE))
PTH = os.path.join(MODULES, "modules", "isolate", "insula_isolate.data", "purelib", "insula_isolate.pth")

#: A program of somebody who never heard of us.
STRANGER = """
    import os, sys, threading
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    def work():
        for _ in range(2):
            if hasattr(interpreters, "exec"):
                interpreter = interpreters.create("isolated")
                failed = interpreters.exec(interpreter, CODE)
                assert failed is None, failed.formatted
            else:
                interpreter = interpreters.create(isolated=sys.version_info >= (3, 12))
                interpreters.run_string(interpreter, CODE)
            interpreters.destroy(interpreter)
    CODE = "import plain; print(plain.bump(), flush=True)"
"""
WORK = """
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
"""


def start(arguments, **options):
    path = os.pathsep.join([support.package_folder(), support.site()])
    return support.start(arguments, **{"PYTHONPATH": path, **options})


class Runner(unittest.TestCase):
    def run_program(self, code, *arguments, name="program.py", **options):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as opened:
                opened.write(textwrap.dedent(code))
            return start(["-m", "insula_isolate", *(each.format(folder=folder) for each in arguments)], **options)

    def test_every_interpreter_of_a_script_isolates(self):
        done = self.run_program(STRANGER + WORK, "{folder}/program.py")
        self.assertEqual(support.ok(done), "1\n1\n")

    def test_without_it_none_does(self):
        with tempfile.TemporaryDirectory() as folder:
            file = support.script(folder, STRANGER + WORK)
            done = start([file])
        self.assertNotEqual(done.stdout, "1\n1\n")

    def test_a_script_finds_what_it_would_find_without_us(self):
        code = """
            import sys, os
            print(__name__, os.path.basename(__file__), sys.argv[1:], os.path.basename(sys.argv[0]), __spec__, __package__)
            print(sys.path[0] == os.path.realpath(os.path.dirname(__file__)), sys.modules["__main__"].__dict__ is globals())
            print(__builtins__ is __import__("builtins"), type(__loader__).__name__, __annotations__ if 0 else "", __doc__)
            print(sorted(name for name in globals() if name.startswith("__")))
        """
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "program.py")
            with open(file, "w", encoding="utf-8") as opened:
                opened.write(textwrap.dedent(code))
            expected = support.ok(start([file, "a", "-b"]))
            found = support.ok(start(["-m", "insula_isolate", file, "a", "-b"]))
        self.assertEqual(found, expected)

    def test_modules_commands_and_folders(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "package"))
            for name in "module.py", "package/__init__.py", "package/__main__.py", "__main__.py":
                with open(os.path.join(folder, name), "w", encoding="utf-8") as opened:
                    opened.write("import sys; print(__name__, __package__, sys.argv[1:], __spec__ and __spec__.name)\n")
            shutil.make_archive(os.path.join(folder, "archive"), "zip", os.path.join(folder, "package"))
            for arguments in (
                ["-m", "module", "x"], ["-m", "package", "-y"], ["-c", "import sys; print(sys.argv, __name__)", "z"],
                [folder], [os.path.join(folder, "archive.zip"), "1"],
            ):
                with self.subTest(arguments):
                    expected = support.ok(start(arguments, cwd=folder))
                    self.assertTrue(expected)
                    self.assertEqual(support.ok(start(["-m", "insula_isolate", *arguments], cwd=folder)), expected)

    def test_a_program_from_standard_input(self):
        program = "import sys; print(sys.argv, repr(sys.path[0]), __name__, __file__)\n"
        arguments = ["-", "-x", "1"]
        expected = support.ok(start(arguments, standard_input=program))
        done = start(["-m", "insula_isolate", *arguments], standard_input=program)
        self.assertEqual(support.ok(done), expected)
        code = textwrap.dedent(STRANGER) + textwrap.dedent(WORK)
        self.assertEqual(support.ok(start(["-m", "insula_isolate", "-"], standard_input=code)), "1\n1\n")

    def test_exit_codes_and_exceptions_are_the_programs(self):
        self.assertEqual(start(["-m", "insula_isolate", "-c", "raise SystemExit(7)"]).returncode, 7)
        done = start(["-m", "insula_isolate", "-c", "raise KeyError('mine')"])
        self.assertEqual((done.returncode, done.stderr.splitlines()[-1]), (1, "KeyError: 'mine'"))

    def test_wrong_usage_is_one_line_and_code_2(self):
        for arguments, said in (
            ([], "no program is named"), (["-m"], "-m names no module"), (["-c"], "-c has no command"),
            (["-x", "program.py"], "no such option as -x"), (["/no/such.py"], "cannot open /no/such.py: No such file"),
            # A file, and no folder.
            ([support.package_folder() + "/insula_isolate/py.typed/x"], "Not a directory"),
        ):
            with self.subTest(arguments):
                done = start(["-m", "insula_isolate", *arguments])
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertIn(said, done.stderr)
                self.assertIn("usage: python -m insula_isolate", done.stderr)

    def test_a_policy_that_is_wrong_is_a_line_for_each_interpreter(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "pyproject.toml"), "w", encoding="utf-8") as opened:
                opened.write("[tool.insula.isolate]\npolicy = 'nothing'\n")
            code = textwrap.dedent(STRANGER).replace("import plain; print(plain.bump(), flush=True)", "pass")
            done = start(["-m", "insula_isolate", "-c", code + textwrap.dedent(WORK)], cwd=folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 2, lines)
        for line in lines:
            self.assertRegex(line, r"^insula_isolate: .*policy is 'nothing'; it is one of 'undeclared', 'all'$")

    def test_after_a_policy_that_is_wrong_nothing_is_isolated_and_the_next_call_says_it_again(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "pyproject.toml"), "w", encoding="utf-8") as opened:
                opened.write("[tool.insula.isolate]\npolicy = 'nothing'\n")
            inner = """
                import sys
                from importlib.machinery import BuiltinImporter, ExtensionFileLoader
                import insula_isolate
                from insula_isolate import hook
                print(hook.policy(), ExtensionFileLoader.create_module.__module__, BuiltinImporter.create_module.__module__)
                try:
                    insula_isolate.install()
                except insula_isolate.PolicyError:
                    print("refused", hook.policy())
                insula_isolate.install("all")
                print(hook.policy().choice, ExtensionFileLoader.create_module.__module__, flush=True)
            """
            code = textwrap.dedent(STRANGER).replace('"import plain; print(plain.bump(), flush=True)"', repr(textwrap.dedent(inner)))
            done = start(["-m", "insula_isolate", "-c", code + textwrap.dedent(WORK)], cwd=folder)
        said = "None importlib._bootstrap_external importlib._bootstrap\nrefused None\nall insula_isolate.hook\n"
        self.assertEqual((done.returncode, done.stdout.replace("_frozen_importlib_external", "importlib._bootstrap_external")
                          .replace("_frozen_importlib", "importlib._bootstrap")), (0, said * 2), done.stderr)

    @unittest.skipIf(support.VERSION < (3, 12), "not applicable: no pool before 3.12")
    def test_a_pool_refuses_a_project_that_is_wrong_in_its_constructor(self):
        code = """
            import insula_isolate
            try:
                insula_isolate.InterpreterPoolExecutor(1)
            except insula_isolate.PolicyError as error:
                print(error)
            with insula_isolate.InterpreterPoolExecutor(1, policy="all") as pool:
                print(pool.submit(abs, -1).result())
        """
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.realpath(os.path.join(folder, "pyproject.toml"))
            with open(file, "w", encoding="utf-8") as opened:
                opened.write("[tool.insula.isolate]\nexclude = 'x'\n")
            said = f"[tool.insula.isolate] of {file}: exclude is the text 'x'; it is a list of names or patterns\n1\n"
            for arguments in ["-c"], ["-m", "insula_isolate", "-c"]:
                with self.subTest(arguments):
                    done = start([*arguments, textwrap.dedent(code)], cwd=folder)
                    self.assertEqual((done.returncode, done.stdout), (0, said), done.stderr)

    @unittest.skipIf(support.VERSION < (3, 12), "not applicable: no pool before 3.12")
    def test_a_pool_in_a_script_that_calls_functions_of_the_script(self):
        done = self.run_program("""
            import insula_isolate
            def work(n):
                import plain
                return [plain.bump() for _ in range(n)]
            if __name__ == "__main__":
                with insula_isolate.InterpreterPoolExecutor(1) as pool:
                    print(pool.submit(work, 3).result())
        """, "{folder}/program.py")
        self.assertEqual(support.ok(done), "[1, 2, 3]\n")

    @unittest.skipIf(support.VERSION < (3, 14), "not applicable: the standard library has no pool before 3.14")
    def test_the_pool_of_the_standard_library_isolates(self):
        done = self.run_program("""
            from concurrent.futures import InterpreterPoolExecutor
            def work(n):
                import plain
                return [plain.bump() for _ in range(n)]
            if __name__ == "__main__":
                with InterpreterPoolExecutor(1) as pool:
                    print(pool.submit(work, 3).result())
        """, "{folder}/program.py")
        self.assertEqual(support.ok(done), "[1, 2, 3]\n")

    def test_processes_that_the_program_starts_find_its_main_module(self):
        done = self.run_program("""
            import multiprocessing, os
            def work(n):
                return n * 2, os.environ["INSULA_ISOLATE"]
            if __name__ == "__main__":
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    print(pool.map(work, [1, 2]))
        """, "{folder}/program.py")
        self.assertEqual(support.ok(done), "[(2, '1'), (4, '1')]\n")

    def test_interpreters_of_interpreters_isolate_too(self):
        inner = textwrap.dedent(STRANGER) + textwrap.dedent(WORK)
        code = textwrap.dedent(STRANGER).replace('CODE = "import plain; print(plain.bump(), flush=True)"', f"CODE = {inner!r}")
        self.assertEqual(support.ok(start(["-m", "insula_isolate", "-c", code + textwrap.dedent(WORK)])), "1\n" * 4)


class Environment(unittest.TestCase):
    """An environment with the package and the .pth file, as a wheel leaves them."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        # It has no pip: no seconds are spent on it.
        venv.create(folder.name, symlinks=True)
        self.python = os.path.join(folder.name, "bin", "python")
        packages = os.path.join(folder.name, "lib", "python{}.{}".format(*support.VERSION), "site-packages")
        shutil.copy(PTH, packages)
        self.package = os.path.join(packages, "insula_isolate")
        os.symlink(os.path.join(support.package_folder(), "insula_isolate"), self.package)

    def start(self, code, **options):
        return support.start(["-c", textwrap.dedent(code)], python=self.python, PYTHONPATH=support.site(), **options)

    def test_every_interpreter_isolates(self):
        done = self.start(textwrap.dedent(STRANGER) + textwrap.dedent(WORK), INSULA_ISOLATE="1")
        self.assertEqual(support.ok(done), "1\n1\n")

    def test_the_main_interpreter_does_not(self):
        code = "import sys, plain; print('insula_isolate' in sys.modules, type(plain.__loader__).__name__)"
        self.assertEqual(support.ok(self.start(code, INSULA_ISOLATE="1")), "True ExtensionFileLoader\n")

    def test_without_the_variable_nothing_is_imported(self):
        for value in None, "", "0":
            with self.subTest(value):
                more = {} if value is None else {"INSULA_ISOLATE": value}
                code = "import sys; print([name for name in sys.modules if 'insula' in name])"
                self.assertEqual(support.ok(self.start(code, **more)), "[]\n")

    def test_a_value_that_means_nothing_is_one_line_for_the_process(self):
        for value in "garbage", "off":
            with self.subTest(value):
                code = STRANGER.replace("import plain; print(plain.bump(), flush=True)", "import sys") + WORK
                done = self.start(textwrap.dedent(code) + "print('runs')", INSULA_ISOLATE=value)
                self.assertEqual((done.returncode, done.stdout), (0, "runs\n"), done.stderr)
                said = f"insula_isolate: INSULA_ISOLATE is {value!r}; it is 1, or 0: modules of all interpreters load as ever"
                self.assertEqual(done.stderr.splitlines(), [said])

    def fails(self, said):
        done = self.start("print('runs')", INSULA_ISOLATE="1")
        self.assertEqual((done.returncode, done.stdout), (0, "runs\n"), done.stderr)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("insula_isolate", lines[0])
        self.assertIn(said, lines[0])

    def test_a_package_that_is_gone_is_one_line(self):
        os.unlink(self.package)
        self.fails("No module named")

    def test_a_native_half_for_another_python_is_one_line(self):
        original = os.readlink(self.package)
        os.unlink(self.package)
        shutil.copytree(original, self.package, ignore=shutil.ignore_patterns("_native.*"))
        self.fails("No module named 'insula_isolate._native'; the native half of insula_isolate is for CPython 3.11")

    def test_a_native_half_that_is_damaged_is_one_line(self):
        original = os.readlink(self.package)
        os.unlink(self.package)
        shutil.copytree(original, self.package, ignore=shutil.ignore_patterns("_native.*"))
        with open(os.path.join(self.package, "_native" + support.SUFFIX), "wb") as opened:
            opened.write(b"not an ELF file\n" * 1000)
        self.fails("invalid ELF header")


if __name__ == "__main__":
    unittest.main()
