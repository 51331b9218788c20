"""Which modules get a copy, and what a policy that is wrong says."""

import os
import tempfile
import textwrap
import unittest

import support


def decisions(code, **options):
    return support.in_process("from insula_isolate.policy import *\nimport insula_isolate\n" + textwrap.dedent(code), **options)


class Decisions(unittest.TestCase):
    def test_the_default_copies_what_does_not_declare(self):
        self.assertEqual(decisions("""
            policy = Policy()
            for name, path in (
                ("numpy._core", "/x/site-packages/numpy/_core.so"),
                ("_json", "/usr/lib/python3/lib-dynload/_json.so"),
                ("_ctypes", "/usr/lib/python3/lib-dynload/_ctypes.so"),
                ("json", "/x/site-packages/json.so"),
            ):
                print(name, "-", policy.decide(name, path)[0])
        """), "numpy._core - copy unless declared\n_json - "
              + ("copy unless declared" if support.VERSION == (3, 12) else "leave")
              + "\n_ctypes - copy\njson - copy unless declared\n")

    def test_what_the_process_has_one_of_is_left_and_what_keeps_exceptions_for_the_process_is_copied(self):
        self.assertEqual(decisions("""
            for choice in ("undeclared", "all"):
                policy = Policy(choice, stdlib=False)
                print(policy.decide("setproctitle._setproctitle", "/x/site-packages/setproctitle/_setproctitle.so")[0])
                print(policy.decide("_asyncio", "/usr/lib/python3/lib-dynload/_asyncio.so")[0])
        """), ("leave\n" + ("copy\n" if support.VERSION < (3, 12) else "leave\n")) * 2)

    def test_a_task_that_is_cancelled_is_cancelled_in_every_interpreter(self):
        # With the one `_asyncio` of CPython 3.11 it has failed instead, in all but the first interpreter that ran one.
        self.assertEqual(support.in_process("""
            code = "import insula_isolate\\ninsula_isolate.install()\\nimport asyncio\\n" + (
                "async def wait():\\n"
                "    try:\\n"
                "        await asyncio.wait_for(asyncio.sleep(60), 0.001)\\n"
                "    except asyncio.TimeoutError:\\n"
                "        print('timed out', flush=True)\\n"
                "asyncio.run(wait())\\n"
            )
            # Both at once: the end of the first would take with it what the second is to find.
            pair = [create(), create()]
            for each in pair:
                run(each, code)
            for each in pair:
                end(each)
            if sys.version_info[:2] == (3, 12):
                # 3.12.1 crashes at the end of the runtime once such an interpreter has imported asyncio, with or
                # without insula_isolate.
                os._exit(0)
        """), "timed out\n" * 2)

    def test_lists_come_before_functions_and_functions_before_the_rest(self):
        self.assertEqual(decisions("""
            def choose(name, path):
                return {"yes": True, "no": False}.get(name.partition(".")[0])
            policy = Policy(choose, include=["no.but", "glob*.x"], exclude=["yes.but"], stdlib=True)
            names = ("yes", "yes.but", "yes.but.deeper", "yes.butter", "no", "no.but", "globe.x", "globe.y", "_ctypes", "_json")
            print(*(policy.decide(name, "/x/" + name)[0] for name in names), sep=", ")
            print("; ".join(policy.named_nothing()))
        """), "copy, leave, leave, copy, leave, copy, copy, copy unless declared, copy, copy unless declared\n\n")

    def test_all_leaves_the_standard_library_alone(self):
        self.assertEqual(decisions("""
            policy = Policy("all", stdlib=False)
            print(policy.decide("a.b", "/x/a/b.so")[0], policy.decide("_json", "/lib-dynload/_json.so")[0])
        """), "copy leave\n")

    def test_libraries_are_shared_by_name_and_made_private_by_name(self):
        self.assertEqual(decisions("""
            print(set(SHARED) - set(Policy(private=["libgomp*"]).shared), Policy(share=["libmine*"]).shared[-1])
            print(set(SHARED) - set(Policy(private=["libgomp-1234.so.1"]).shared))
            print(Policy().shared == list(SHARED))
        """), "{'libgomp*'} libmine*\n{'libgomp*'}\nTrue\n")


class Wrong(unittest.TestCase):
    def test_each_mistake_is_named(self):
        self.assertEqual(decisions("""
            for make in (
                lambda: insula_isolate.install("everything"),
                lambda: insula_isolate.install(share="libone"),
                lambda: insula_isolate.install(private=[""]),
                lambda: insula_isolate.install(share=3),
                lambda: insula_isolate.install(7),
            ):
                try:
                    make()
                except insula_isolate.PolicyError as error:
                    print(error)
        """), """\
install(): policy is 'everything'; it is one of 'undeclared', 'all', or a function of a module's name and path
install(): share is the text 'libone'; it is a list of names or patterns
install(): private has the entry ''; each is a name or a pattern
install(): share is 3; it is a list of names or patterns
install(): policy is 7; it is one of 'undeclared', 'all', or a function of a module's name and path
""")


class Project(unittest.TestCase):
    def project(self, table, code, *, file="pyproject.toml", stderr=None, **more):
        """Runs code in an isolated interpreter in a folder below one with this pyproject.toml."""
        with tempfile.TemporaryDirectory() as folder:
            below = os.path.join(folder, "one", "two")
            os.makedirs(below)
            with open(os.path.join(folder, file), "w", encoding="utf-8") as opened:
                opened.write(textwrap.dedent(table))
            # Without the table it is not the nearest that counts.
            with open(os.path.join(below, "pyproject.toml"), "w", encoding="utf-8") as opened:
                opened.write("[project]\nname = 'insula-less'\n")
            return support.in_process(code, cwd=below, **more).replace(os.path.realpath(folder), "FOLDER")

    def test_the_nearest_table_decides(self):
        self.assertEqual(self.project("""
            [tool.insula.isolate]
            policy = "all"
            include = ["declared"]
            exclude = ["plain", "gone"]
            share = ["libm.so*", "libx*"]
            """, """
            isolated('''
                from insula_isolate import hook
                policy = hook.policy()
                print(policy.origin)
                print(policy.decide("plain", "/plain.so"))
                print(policy.decide("declared", "/declared.so")[0], policy.decide("other", "/o.so")[0], policy.shared[-1])
                import single
                print(*insula_isolate.report().remarks, sep="\\\\n")
                insula_isolate.install()
                assert hook.policy() is policy
                insula_isolate.install("undeclared")
                print(hook.policy().origin)
            ''')
        """), """\
[tool.insula.isolate] of FOLDER/pyproject.toml
('leave', "exclude = 'plain' in [tool.insula.isolate] of FOLDER/pyproject.toml")
copy copy libx*
exclude = 'gone' in [tool.insula.isolate] of FOLDER/pyproject.toml has named no module so far
share = 'libx*' in [tool.insula.isolate] of FOLDER/pyproject.toml has named no library so far
install()
""")

    def test_strict_refuses_a_name_that_no_module_has(self):
        table = "[tool.insula.isolate]\ninclude = ['plain', 'spread.l*', 'withd*.core', 'no_such_package.core']\n"
        self.assertEqual(self.project(table, """
            isolated('''
                try:
                    insula_isolate.install(strict=True, share=["x"])
                except insula_isolate.PolicyError as error:
                    print(error)
            ''')
        """), "[tool.insula.isolate] of FOLDER/pyproject.toml: include = 'no_such_package.core' names no module that can be "
              "imported; correct or remove it\n")

    def test_mistakes_in_the_table_are_named(self):
        for table, said in (
            ("[tool.insula.isolate]\npolicies = 'all'", "no such key as 'policies'; there are policy, stdlib, include, "
             "exclude, share, private"),
            ("[tool.insula.isolate]\npolicy = 'al'", "policy is 'al'; it is one of 'undeclared', 'all'"),
            ("[tool.insula.isolate]\npolicy = ['all']", "policy is ['all']; it is one of 'undeclared', 'all'"),
            ("[tool.insula.isolate]\nstdlib = 'yes'", "stdlib is 'yes'; it is true or false"),
            ("[tool.insula.isolate]\ninclude = 'numpy'", "include is the text 'numpy'; it is a list of names or patterns"),
            ("[tool.insula.isolate]\nexclude = [1]", "exclude has the entry 1; each is a name or a pattern"),
            ("[tool.insula.isolate]\nshare = ['[']", "share has the entry '[', which is no pattern: its [ has no ]"),
            ("[tool.insula.isolate]\nexclude = ['orjson', 'orj[son']", "exclude has the entry 'orj[son', which is no pattern"),
            ("[tool.insula.isolate]\ninclude = ['[!]']", "include has the entry '[!]', which is no pattern"),
            ("[tool.insula.isolate]\nprivate = ['[a]x[]']", "private has the entry '[a]x[]', which is no pattern"),
            ("[tool.insula]\nisolate = 3", "not a table"),
            ("[tool.insula.isolate\n", "not readable as TOML"),
        ):
            with self.subTest(table):
                said_it = self.project(table, """
                    interpreter = create()
                    run(interpreter, '''
                        import insula_isolate
                        try:
                            insula_isolate.install()
                        except insula_isolate.PolicyError as error:
                            print(error, flush=True)
                    ''')
                    end(interpreter)
                """)
                self.assertIn(said, said_it)
                self.assertIn("FOLDER/pyproject.toml", said_it)

    def test_patterns_mean_the_same_in_all_lists(self):
        self.assertEqual(decisions("""
            patterns = ["a[]]b", "a[!]]c", "lib**", "x***y", "**"]
            policy = Policy(include=patterns[:2], share=patterns)
            print(policy.decide("a]b", "/a")[0], policy.decide("axc", "/a")[0], policy.decide("a]c", "/a")[0])
            import insula_isolate._native as native
            print(native.inspect(native.__file__, "", policy.shared)["private"])
        """), "copy copy copy unless declared\n[]\n")

    def test_a_folder_that_is_gone_has_no_project(self):
        self.assertEqual(support.in_process("""
            import tempfile
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
            sys.path[:] = [each for each in sys.path if each]
            # CPython makes no interpreter in a folder that is gone.
            from insula_isolate import hook
            print(hook.project())
        """), "None\n")


if __name__ == "__main__":
    unittest.main()
