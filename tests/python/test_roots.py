"""G16, G17, I20: roots, the handles that leave the interpreter, from Python. A root that is out of place is an error value."""

import os
import sys
import unittest

import support


class Roots(unittest.TestCase):
    def test_a_root_keeps_its_object_and_leads_back_to_it(self):
        support.in_process("""
            import gc, sys, weakref
            rooted = support.fresh("rooted")
            class Thing: pass
            for keep in (rooted.keep, rooted.keep_by_py):
                thing = Thing(); ref = weakref.ref(thing); before = sys.getrefcount(thing)
                number = keep(thing)
                assert sys.getrefcount(thing) == before + 1
                assert rooted.bind(number) is thing and rooted.bind_by_py(number) is thing
                assert sys.getrefcount(thing) == before + 1
                del thing; gc.collect()
                assert ref() is rooted.bind(number) is not None
                assert rooted.forget(number) and ref() is not None, "released without proof of attachment"
                rooted.keep(None)
                assert ref() is None, "not released by the next who comes with a root"
        """)

    def test_dropped_elsewhere_it_is_released_here(self):
        support.in_process("""
            import threading, weakref
            rooted = support.fresh("rooted")
            seen = []
            class Thing:
                def __del__(self): seen.append(threading.get_ident())
            number, other = rooted.keep(Thing()), rooted.keep(1)
            assert rooted.forget_on_thread(number)
            assert seen == []
            rooted.bind(other)
            assert seen == [threading.get_ident()]
        """)

    def test_the_end_releases_what_is_still_rooted(self):
        out = support.in_process("""
            rooted = support.fresh("rooted")
            class Thing:
                def __del__(self, write=__import__("posix").write): write(1, b"released\\n")
            rooted.keep(Thing()); rooted.forget(rooted.keep(Thing()))
        """)
        self.assertEqual(out, "released\n" * 2)

    def test_the_module_may_die_before_its_roots(self):
        support.in_process("""
            import gc, weakref
            rooted = support.fresh("rooted")
            class Thing: pass
            thing = Thing(); ref = weakref.ref(thing); module = weakref.ref(rooted)
            number = rooted.keep(thing)
            dropped = rooted.keep(Thing()); rooted.forget(dropped)
            boat = rooted.keep(rooted.Boat(thing, 3))
            rooted.forget(boat)
            del rooted, thing; gc.collect()
            assert ref() is not None
            again = support.fresh("rooted")
            assert again.bind(number) is ref()
            again.forget(number); again.keep(0); gc.collect()
            assert ref() is None and module() is None
        """)

    def test_a_class_of_the_module_keeps_its_type(self):
        support.in_process("""
            rooted = support.fresh("rooted")
            boat = rooted.Boat("cargo", 7)
            assert boat.tonnage_on_thread() == 7
        """)


class Attaching(unittest.TestCase):
    def test_native_threads_call_back(self):
        support.in_process("""
            import sys, threading
            rooted = support.fresh("rooted")
            seen = []
            def callback(n):
                seen.append(threading.get_ident())
                if n < 0: raise ValueError(n)
                return 2 * n
            number = rooted.keep(callback)
            assert [f(number, 21) for f in (rooted.call, rooted.call_detached, rooted.call_on_thread)] == ["42"] * 3
            assert seen[0] == seen[1] == threading.get_ident() != seen[2]
            assert rooted.call_on_thread(number, -1) == "ValueError: -1"
            assert rooted.call_nested(number, 1) == "2 4"
            other = rooted.keep(lambda n: "text")
            assert rooted.call_on_thread(other, 1).startswith("TypeError"), rooted.call_on_thread(other, 1)
            # A thread state of its own each time, and none is left.
            before = len(sys._current_frames())
            for _ in range(50): rooted.call_on_thread(number, 1)
            assert len(sys._current_frames()) == before
        """)

    def test_threads_of_python_call_back_while_detached(self):
        support.in_process("""
            import threading
            rooted = support.fresh("rooted")
            number, said = rooted.keep(lambda n: threading.get_ident()), []
            def go():
                said.append(rooted.call_detached(number, 1) == rooted.call(number, 1) == str(threading.get_ident()))
            threads = [threading.Thread(target=go) for _ in range(8)]
            for t in threads: t.start()
            for t in threads: t.join()
            assert said == [True] * 8
        """)

    def test_the_end_waits_for_those_inside_and_refuses_others(self):
        for _ in range(3):
            out = support.in_process("""
                import threading, time
                rooted = support.fresh("rooted")
                inside = threading.Event()
                def slow(n):
                    inside.set()
                    time.sleep(0.3)
                    print("left", flush=True)
                    return 0
                rooted.pester(rooted.keep(slow), 1)
                inside.wait()
                import atexit
            """)
            self.assertIn("left\n", out)

    def test_a_thread_attaches_where_it_is_attached_already(self):
        # CPython before 3.12 does not tell which thread a sub-interpreter's thread state is attached on: who attached
        # there again would wait for itself.
        for own_gil in (False, True) if sys.version_info >= (3, 13) else (False,):
            out = support.in_process(f"""
                interpreter = support.Interpreter(own_gil={own_gil})
                interpreter.run('''
                    rooted = support.fresh("rooted")
                    number = rooted.keep(lambda n: rooted.call(rooted.keep(lambda n: n + 1), n) and n + 1)
                    for call in (rooted.call, rooted.call_detached, rooted.call_on_thread, rooted.call_nested):
                        assert call(number, 1).startswith("2"), (call, call(number, 1))
                    rooted.Farewell(lambda: print("farewell", flush=True))
                ''')
                interpreter.end()
                print("ended")
            """, timeout=60)
            self.assertEqual(out, "farewell\nended\n")

    def test_attaching_races_with_the_end(self):
        for _ in range(4):
            support.in_process("""
                import time
                rooted = support.fresh("rooted")
                rooted.pester(rooted.keep(lambda n: n), 4)
                rooted.churn(rooted.keep([]), 2)
                time.sleep(0.05)
            """)

    def test_exit_functions_may_be_called_or_cleared_early(self):
        for how in ("atexit._run_exitfuncs()", "atexit._clear()"):
            support.in_process(f"""
                import atexit, time
                rooted = support.fresh("rooted")
                thing = []
                number = rooted.keep(lambda n: n)
                rooted.pester(number, 2)
                time.sleep(0.02)
                {how}
                assert rooted.call_on_thread(number, 1) == "the object's interpreter has ended"
                assert rooted.bind(number)(3) == 3
                assert rooted.forget(number)
            """)

    def test_whatever_happens_to_the_record_nothing_crashes(self):
        support.in_process("""
            import gc, sys
            rooted = support.fresh("rooted")
            number = rooted.keep(lambda n: n)
            other = rooted.keep_by_py([])
            # The interpreter's own dictionary is not out of reach.
            # Without a GIL, nor is that of the interned strings, whose values are its keys.
            dicts = [d for d in gc.get_objects() if type(d) is dict
                     and any(isinstance(k, str) and k.startswith("insula ") and d[k] is not k for k in d)]
            if not dicts:  # before 3.14 a dictionary of plain objects is not tracked
                import ctypes
                api = ctypes.pythonapi
                api.PyInterpreterState_GetDict.restype = ctypes.py_object
                api.PyInterpreterState_GetDict.argtypes = [ctypes.c_void_p]
                api.PyInterpreterState_Get.restype = ctypes.c_void_p
                dicts = [api.PyInterpreterState_GetDict(api.PyInterpreterState_Get())]
            record, = dicts
            key, = [k for k in record if isinstance(k, str) and k.startswith("insula ")]
            stash = record.pop(key)
            # Another record comes; roots of the first are none of the second.
            again = support.fresh("rooted")
            fresh = again.keep({})
            assert again.bind(fresh) == {}
            try:
                again.bind(other)
            except RuntimeError as error:
                assert str(error) == "the object belongs to another interpreter"
            else:
                raise AssertionError("bound")
            assert rooted.bind(other) == [] and rooted.call_on_thread(number, 5) == "5"
            # What is put in its place is not taken for one.
            record[key] = 3
            for call in (lambda: again.keep_by_py(1), lambda: again.bind_by_py(fresh)):
                try:
                    call()
                except RuntimeError:
                    pass
                else:
                    raise AssertionError("no error")
            # The first one ends while it has roots.
            record[key] = stash
            assert rooted.bind_by_py(other) == []
            del stash, record[key]; gc.collect()
            try:
                rooted.bind(other)
            except RuntimeError as error:
                assert str(error) == "the object's interpreter has ended", error
            else:
                raise AssertionError("bound")
            assert rooted.call_on_thread(number, 5) == "the object's interpreter has ended"
            rooted.forget(number); rooted.forget(other)
            try:
                rooted.keep(1)
            except RuntimeError as error:
                assert str(error) == "the interpreter is ending", error
            else:
                raise AssertionError("kept")
        """)


class Farewells(unittest.TestCase):
    def test_attaching_does_not_disturb_an_exception_on_its_way(self):
        out = support.in_process("""
            rooted = support.fresh("rooted")
            def farewell():
                print(sys.exc_info()[0], [n for n in (1, 2)])
                raise KeyError("lost")
            def call(*arguments):
                pass
            try:
                call(rooted.Farewell(farewell), 1 / 0)
            except ZeroDivisionError:
                print("caught")
        """)
        self.assertEqual(out.splitlines(), ["None [1, 2]", "KeyError: 'lost'", "caught"])


@unittest.skipUnless(hasattr(os, "fork"), "no fork")
class Forks(unittest.TestCase):
    """S15: no thread of the parent holds a lock of ours in the child."""

    def test_the_child_uses_roots_while_threads_of_the_parent_do(self):
        support.in_process("""
            import os, signal, time, warnings
            warnings.simplefilter("ignore")
            rooted = support.fresh("rooted")
            number = rooted.keep(abs)
            for _ in range(30):
                rooted.drop_many(abs, 100_000)
                child = os.fork()
                if child == 0:
                    assert rooted.bind(rooted.keep(abs)) is abs
                    assert rooted.call(number, -3) == rooted.call_on_thread(number, -3) == "3"
                    os._exit(0)
                end = time.monotonic() + 20
                while (done := os.waitpid(child, os.WNOHANG))[0] == 0:
                    if time.monotonic() > end:
                        os.kill(child, signal.SIGKILL)
                        raise SystemExit("the child hangs")
                    time.sleep(.001)
                assert done[1] == 0, done
        """, timeout=120)

    @unittest.skipIf(sys.version_info >= (3, 15), "CPython itself waits there, for guards (PEP 788) of threads that are gone")
    def test_the_child_does_not_wait_for_threads_of_the_parent(self):
        support.in_process("""
            import os, signal, sys, threading, time, warnings
            warnings.simplefilter("ignore")
            rooted = support.fresh("rooted")
            inside, go_on = threading.Event(), threading.Event()
            def visit(_):
                inside.set()
                go_on.wait()
                return 1
            number = rooted.keep(visit)
            threading.Thread(target=rooted.call_on_thread, args=(number, 1)).start()
            inside.wait()
            child = os.fork()
            if child == 0:
                sys.exit()
            end = time.monotonic() + 20
            while (done := os.waitpid(child, os.WNOHANG))[0] == 0 and time.monotonic() < end:
                time.sleep(.001)
            if done[0] == 0:
                os.kill(child, signal.SIGKILL)
            go_on.set()
            assert done == (child, 0), done
        """, timeout=60)


if __name__ == "__main__":
    unittest.main()
