"""What an isolated module is, and how it is imported."""

import unittest

import support


class Copies(unittest.TestCase):
    def test_each_interpreter_has_variables_of_its_own(self):
        self.assertEqual(support.in_process("""
            import plain
            plain.bump()
            for _ in range(2):
                isolated("import plain; print(plain.bump(), plain.bump())")
            print(plain.bump())
        """), "1 2\n1 2\n2\n")

    def test_two_interpreters_at_once_have_images_at_two_places(self):
        self.assertEqual(support.in_process("""
            read, write = os.pipe()
            pair = [create(), create()]
            code = f"import insula_isolate; insula_isolate.install(); import plain, os; os.write({write}, b'%d ' % plain.where())"
            threads = [threading.Thread(target=run, args=(each, code)) for each in pair]
            for each in threads: each.start()
            for each in threads: each.join()
            print(len(set(os.read(read, 1000).split())))
            for each in pair: end(each)
        """), "2\n")

    def test_single_phase_modules_are_copied(self):
        self.assertEqual(support.in_process("""
            for _ in range(2):
                isolated('''
                    import single, spread.single, pickle
                    print(single.bump(), single.bump(), spread.single.bump())
                    print(single.__name__, spread.single.__name__, spread.single.bump.__module__)
                    assert pickle.loads(pickle.dumps(spread.single.bump)) is spread.single.bump
                ''')
        """), "1 2 1\nsingle spread.single spread.single\n" * 2)

    @unittest.skipIf(support.VERSION < (3, 12), "not applicable: no module can declare a GIL per interpreter before 3.12")
    def test_a_module_that_declares_loads_as_usual_unless_all_are_asked_for(self):
        self.assertEqual(support.in_process("""
            import declared
            declared.bump()
            isolated("import declared; print(declared.bump())")
            isolated("insula_isolate.install('all'); import declared; print(declared.bump())")
        """), "2\n1\n")

    @unittest.skipIf(support.VERSION < (3, 12), "not applicable: nothing can declare before 3.12")
    def test_the_report_says_whether_a_module_declares_or_keeps_functions_of_others(self):
        self.assertEqual(support.in_process("""
            for _ in range(2):
                isolated('''
                    import declared, keeps, plain
                    found = {each.name: each for each in insula_isolate.report()}
                    for name in "declared", "keeps", "plain":
                        print(name, "-", found[name].action, "-", found[name].why)
                ''')
        """), """\
declared - loaded as usual - declares a GIL per interpreter
keeps - isolated by copy - declares a GIL per interpreter, but keeps functions of other modules
plain - isolated by copy - declares no GIL per interpreter
""" * 2)

    def test_the_main_interpreter_loads_as_ever(self):
        self.assertEqual(support.in_process("""
            import insula_isolate, sys
            before = list(sys.meta_path)
            insula_isolate.install()
            import plain
            print(sys.meta_path == before, type(plain.__loader__).__name__)
            print({each.action for each in insula_isolate.report()}, [each.name for each in insula_isolate.report()].count("plain"))
        """), "True ExtensionFileLoader\n{'main interpreter'} 1\n")


class Identity(unittest.TestCase):
    def test_a_copy_names_the_original_file(self):
        support.in_process("""
            isolated('''
                import importlib.machinery, importlib.resources, inspect, os, pickle, sys
                import withdata, plain, single
                folder = os.path.dirname(withdata.__file__)
                for module, name in (withdata.core, "withdata/core"), (plain, "plain"), (single, "single"):
                    path = os.path.join(os.path.dirname(folder), name + importlib.machinery.EXTENSION_SUFFIXES[0])
                    spec = module.__spec__
                    assert module.__file__ == spec.origin == inspect.getfile(module) == path, (module.__file__, spec.origin)
                    assert spec.loader is module.__loader__ and spec.loader.get_filename() == path
                    assert isinstance(spec.loader, importlib.machinery.ExtensionFileLoader)
                    assert spec.loader.get_code(spec.name) is None and spec.loader.get_source(spec.name) is None
                    assert not spec.loader.is_package(spec.name)
                    assert sys.modules[module.__name__] is module
                    assert pickle.loads(pickle.dumps(module.bump)) is module.bump
                    assert inspect.getmodule(module.bump) is module
                data = importlib.resources.files("withdata").joinpath("data.txt").read_text()
                assert data == "beside the module\\\\n", data
            ''')
        """)

    def test_imported_again_it_is_the_same_image(self):
        self.assertEqual(support.in_process("""
            isolated('''
                import importlib, sys
                import plain, single
                places = plain.where(), single.where()
                plain.bump(), single.bump()
                for module in plain, single:
                    assert importlib.reload(module) is module
                del sys.modules["plain"], sys.modules["single"]
                import plain, single
                assert places == (plain.where(), single.where())
                print(plain.bump(), single.bump())
                print([each.name for each in insula_isolate.report() if each.name in ("plain", "single")])
            ''')
        """), "2 2\n['plain', 'single']\n")


class Kinds(unittest.TestCase):
    def test_packages_whose_init_is_an_extension(self):
        self.assertEqual(support.in_process("""
            isolated('''
                import importlib.resources
                import extpkg, extpkg.inner, extpkg.leaf
                print(extpkg.bump(), extpkg.leaf.bump(), extpkg.inner.value, extpkg.__path_set__)
                assert extpkg.__spec__.submodule_search_locations == list(extpkg.__path__)
                assert extpkg.__loader__.is_package("extpkg") and extpkg.__package__ == "extpkg"
                print(importlib.resources.files(extpkg).joinpath("data.txt").read_text())
            ''')
        """), "1 1 inner 1\nbeside the package\n\n")

    def test_namespace_packages(self):
        self.assertEqual(support.in_process("""
            isolated('''
                import spread.leaf
                print(spread.leaf.bump(), spread.__file__ if hasattr(spread, "__file__") else None)
                print([(each.name, each.action) for each in insula_isolate.report() if each.name == "spread.leaf"])
            ''')
        """), "1 None\n[('spread.leaf', 'isolated by copy')]\n")

    def test_editable_installs_whose_finder_comes_first_or_last(self):
        self.assertEqual(support.in_process("""
            sys.path.append(os.path.join(os.getcwd(), "editable"))
            for first in True, False:
                interpreter = create()
                run(interpreter, f'''
                    import sys
                    import editable_finder
                    editable_finder.install({first})
                    import insula_isolate
                    insula_isolate.install()
                    sys.path.pop()
                    import outside
                    print(outside.bump(), [each.action for each in insula_isolate.report() if each.name == "outside"], flush=True)
                ''')
                end(interpreter)
        """), "1 ['isolated by copy']\n" * 2)

    def test_an_extension_in_an_archive_is_not_found_and_what_is_there_still_is(self):
        support.in_process("""
            import tempfile, zipfile
            with tempfile.TemporaryDirectory() as folder:
                archive = os.path.join(folder, "all.zip")
                with zipfile.ZipFile(archive, "w") as opened:
                    opened.write("plain" + __import__("importlib.machinery").machinery.EXTENSION_SUFFIXES[0])
                    opened.writestr("zipped.py", "value = 1")
                isolated(f'''
                    sys.path[:] = [{archive!r}, *(each for each in sys.path if each not in ('', {os.getcwd()!r}))]
                    import zipped
                    assert zipped.value == 1
                    try:
                        import plain
                    except ModuleNotFoundError as error:
                        assert error.name == "plain", error.name
                    else:
                        raise AssertionError(plain)
                ''')
        """)

    def test_modules_that_others_find_and_load_are_isolated_too(self):
        support.in_process("""
            isolated('''
                import importlib.machinery, importlib.util, sys
                class Loader(importlib.machinery.ExtensionFileLoader):
                    pass
                class Finder:
                    def find_spec(name, path=None, target=None):
                        spec = name == "plain" and importlib.machinery.PathFinder.find_spec(name, path)
                        if spec:
                            spec.loader = Loader(name, spec.origin)
                            return spec
                class Ancient:
                    find_module = lambda name, path=None: None
                sys.meta_path[:0] = [Ancient, Finder]
                import plain
                assert type(plain.__loader__) is Loader
                spec = importlib.util.spec_from_file_location("single", importlib.util.find_spec("single").origin)
                importlib.util.module_from_spec(spec)
                for name in "plain", "single":
                    (record,) = [each for each in insula_isolate.report() if each.name == name]
                    assert record.action == "isolated by copy", record
            ''')
        """)

    def test_a_loader_that_makes_modules_in_its_own_way_is_left_alone(self):
        support.in_process("""
            isolated('''
                import importlib.machinery, importlib.util, sys, types
                class Loader(importlib.machinery.ExtensionFileLoader):
                    def create_module(self, spec):
                        return types.ModuleType(spec.name)
                    def exec_module(self, module):
                        module.mine = True
                spec = importlib.util.find_spec("plain")
                spec.loader = Loader("plain", spec.origin)
                assert spec.loader.create_module(spec).__class__ is types.ModuleType
                assert not [each for each in insula_isolate.report() if each.name == "plain"]
            ''')
        """)


class Builtin(unittest.TestCase):
    def test_modules_of_the_process_are_there_without_what_acts_on_it(self):
        support.in_process("""
            isolated('''
                import faulthandler, tracemalloc
                assert isinstance(faulthandler.is_enabled(), bool) and not tracemalloc.is_tracing()
                for refused in faulthandler.enable, tracemalloc.start:
                    try:
                        refused()
                    except RuntimeError as error:
                        assert "call it in the main interpreter" in str(error), error
                    else:
                        raise AssertionError(refused)
            ''')
            import faulthandler
            assert faulthandler.enable.__class__.__name__ == "builtin_function_or_method"
        """)


class Failures(unittest.TestCase):
    def test_what_an_init_raises_arrives_and_the_interpreter_goes_on(self):
        self.assertEqual(support.in_process("""
            isolated('''
                for _ in range(2):
                    try:
                        import fails
                    except RuntimeError as error:
                        print(error)
                import plain
                print(plain.bump())
            ''')
        """), "this one fails\nthis one fails\n1\n")

    def test_a_truncated_file_is_an_import_error_that_names_it(self):
        self.assertEqual(support.in_process("""
            isolated('''
                try:
                    import truncated
                except ImportError as error:
                    assert error.name == "truncated" and "truncated" in error.path, (error.name, error.path)
                    assert "truncated" in str(error), error
                (record,) = [each for each in insula_isolate.report() if each.name == "truncated"]
                print(record.action)
                assert str(record.why) and record.path in str(insula_isolate.report()) or True
                import plain
                print(plain.bump())
            ''')
        """), "refused\n1\n")

    @unittest.skipIf(support.VERSION < (3, 12), "not applicable: a legacy interpreter refuses nothing")
    def test_what_the_policy_leaves_to_cpython_and_that_refuses_says_who_decided(self):
        support.in_process("""
            isolated('''
                insula_isolate.install(lambda name, path: False)
                try:
                    import plain
                except ImportError as error:
                    assert "insula_isolate left plain to CPython" in error.__notes__[0], error.__notes__
                else:
                    raise AssertionError("it was loaded")
                (record,) = [each for each in insula_isolate.report() if each.name == "plain"]
                assert record.action == "refused", record
            ''')
        """)


class Reports(unittest.TestCase):
    def test_what_was_imported_before_is_said(self):
        self.assertEqual(support.in_process("""
            interpreter = create()
            run(interpreter, f'''
                import {"declared" if OWN_GIL else "plain"} as early
                import insula_isolate
                insula_isolate.install()
                (record,) = [each for each in insula_isolate.report() if each.name == early.__name__]
                print(record.action, "-", record.why, flush=True)
            ''')
            end(interpreter)
        """), "loaded as usual - imported before insula_isolate.install()\n")

    def test_the_text_is_a_table(self):
        support.in_process("""
            isolated('''
                import plain
                lines = str(insula_isolate.report()).splitlines()
                assert lines[0].split()[:1] == ["module"], lines[0]
                (row,) = [line for line in lines if line.startswith("plain ")]
                assert "isolated by copy" in row and row.index("isolated") == lines[0].index("what was done"), row
            ''')
        """)

    def test_a_report_without_install_says_so(self):
        support.in_process("""
            interpreter = create()
            run(interpreter, "import insula_isolate; assert 'was not called' in str(insula_isolate.report())")
            end(interpreter)
        """)


if __name__ == "__main__":
    unittest.main()
