"""Exceptions of a module, errors of Rust libraries, and the opt-outs of isolation."""

import threading
import unittest

import support


class Exceptions(unittest.TestCase):
    def setUp(self):
        self.guards = support.fresh("guards")

    def test_hierarchy(self):
        self.assertEqual(self.guards.Detail.__mro__[1:3], (self.guards.Failure, ValueError))
        self.assertEqual(self.guards.Detail.__module__, "guards")
        with self.assertRaises(self.guards.Failure):
            self.guards.fails_in_detail("note")

    def test_cause_and_notes(self):
        with self.assertRaises(self.guards.Detail) as caught:
            self.guards.fails_in_detail("a note")
        error = caught.exception
        self.assertEqual(repr(error.__cause__), "KeyError('cause')")
        self.assertTrue(error.__suppress_context__)
        self.assertEqual(error.__notes__, ["a note"])

    def test_matching(self):
        def fail():
            raise FileNotFoundError

        self.assertTrue(self.guards.raises(fail, OSError))
        self.assertTrue(self.guards.raises(fail, (KeyError, OSError)))
        self.assertFalse(self.guards.raises(fail, KeyError))
        self.assertFalse(self.guards.raises(lambda: None, OSError))

    def test_errors_of_libraries(self):
        with self.assertRaises(FileNotFoundError) as caught:
            self.guards.open("/nonexistent/file")
        self.assertEqual((caught.exception.errno, caught.exception.strerror), (2, "No such file or directory"))
        with self.assertRaises(IsADirectoryError):
            self.guards.open("/")
        with self.assertRaisesRegex(ValueError, "invalid digit"):
            self.guards.parse("x")
        with self.assertRaises(OverflowError):
            self.guards.narrow(256)
        self.assertEqual((self.guards.parse("7"), self.guards.narrow(255)), (7, 255))


class ProcessWide(unittest.TestCase):
    def test_copies_of_the_module_share_what_is_the_processes(self):
        one, two = support.fresh("guards"), support.fresh("guards")
        first = one.count_process_wide(None)
        self.assertEqual(two.count_process_wide(None), first + 1)

    def test_coming_back_raises(self):
        guards = support.fresh("guards")
        with self.assertRaisesRegex(RuntimeError, "already"):
            guards.count_process_wide(lambda: guards.count_process_wide(None))
        guards.count_process_wide(None)

    def test_threads_wait_for_each_other(self):
        guards = support.fresh("guards")
        before = guards.count_process_wide(None)
        event = threading.Event()

        def use():
            for _ in range(50):
                # Lets go of the GIL while the resource is in use.
                guards.count_process_wide(lambda: event.wait(0.0002))

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(guards.count_process_wide(None), before + 201)


class OncePerProcess(unittest.TestCase):
    def test_second_import_is_refused(self):
        support.in_process("""
            first = support.fresh("once")
            for _ in range(3):
                try:
                    support.fresh("once")
                except ImportError as error:
                    assert str(error) == "cannot load module more than once per process", error
                else:
                    raise AssertionError("loaded twice")
            assert first.ready()
            del first
            import gc; gc.collect()
            try:
                support.fresh("once")
            except ImportError:
                pass
            else:
                raise AssertionError("loaded again")
        """)

    def test_failed_import_does_not_count(self):
        support.in_process("""
            module, spec = support.unexecuted("once")
            def hook(_): raise KeyError
            spec.hook = hook
            try:
                spec.loader.exec_module(module)
            except KeyError:
                pass
            assert support.fresh("once").ready()
        """)

    def test_race_has_one_winner(self):
        support.in_process("""
            import threading, time
            barrier, won, lost = threading.Barrier(8), [], []
            def load():
                module, spec = support.unexecuted("once")
                # Lets the others run while the exec is under way.
                spec.hook = lambda module: time.sleep(0.05)
                barrier.wait()
                try:
                    spec.loader.exec_module(module)
                    won.append(module)
                except ImportError:
                    lost.append(module)
            threads = [threading.Thread(target=load) for _ in range(8)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            assert (len(won), len(lost)) == (1, 7), (won, lost)
        """)


if __name__ == "__main__":
    unittest.main()
