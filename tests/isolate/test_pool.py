"""The pool of interpreters."""

import os
import tempfile
import textwrap
import unittest

import support

#: A module whose functions the pool calls.
TASKS = """
    import os, threading

    class Odd(Exception):
        def __init__(self, one, two):
            super().__init__(one)

    def here():
        import insula_isolate
        return insula_isolate._native.interpreter()

    def count(number):
        import plain
        return [plain.bump() for _ in range(number)][-1]

    def divide(a, b=1):
        return a / b

    def odd():
        raise Odd(1, 2)

    def unsendable():
        return threading.Lock()

    def prepare(value):
        os.prepared = value

    def prepared():
        return os.prepared

    def refuse():
        raise LookupError("no licence")

    def actions():
        import insula_isolate, plain
        return {each.name: each.action for each in insula_isolate.report()}["plain"]

    def leave(name, path):
        return name != "plain"

    def daemon():
        import time
        threading.Thread(target=time.sleep, args=(1000,), name="for ever", daemon=True).start()

    def raw():
        import _thread, time
        _thread.start_new_thread(time.sleep, (1000,))
        time.sleep(0.1)

    def raw_and_short():
        import _thread, time
        _thread.start_new_thread(time.sleep, (0.15,))

    def thread():
        import time
        threading.Thread(target=time.sleep, args=(0.2,)).start()

    def path():
        import sys
        return sys.path
"""

BEGIN = """
    import insula_isolate, tasks
    from concurrent.futures import BrokenExecutor
    def alive():
        return len(interpreters.list_all()) - 1
"""


def pooled(code, *, script=False, **options):
    """Runs a program in a folder with the module `tasks`."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "tasks.py"), "w", encoding="utf-8") as opened:
            opened.write(textwrap.dedent(TASKS))
        code = textwrap.dedent(BEGIN) + textwrap.dedent(code)
        if script:
            return support.ok(support.start([support.script(folder, code)], cwd=folder, **options))
        return support.in_process(code, cwd=folder, **options)


@unittest.skipIf(support.VERSION >= (3, 12), "not applicable: from 3.12 there is a pool")
class TooOld(unittest.TestCase):
    def test_it_says_what_is_needed(self):
        self.assertIn("needs CPython 3.12", support.in_process("""
            import insula_isolate
            try:
                insula_isolate.InterpreterPoolExecutor()
            except RuntimeError as error:
                print(error)
        """))


class Names(unittest.TestCase):
    def test_the_exceptions_of_a_pool_have_one_name_on_all_versions(self):
        self.assertEqual(support.in_process("""
            import insula_isolate
            from concurrent.futures import BrokenExecutor
            from insula_isolate import BrokenInterpreterPool, ExecutionFailed
            print(issubclass(BrokenInterpreterPool, BrokenExecutor), issubclass(ExecutionFailed, Exception))
            print({"BrokenInterpreterPool", "ExecutionFailed"} <= set(insula_isolate.__all__))
            if sys.version_info >= (3, 14):
                from concurrent import interpreters
                from concurrent.futures import interpreter
                assert BrokenInterpreterPool is interpreter.BrokenInterpreterPool
                assert ExecutionFailed is interpreters.ExecutionFailed
        """), "True True\nTrue\n")


@unittest.skipIf(support.VERSION < (3, 12), "not applicable: no interpreter has a GIL of its own before 3.12")
class Pool(unittest.TestCase):
    def test_calls_run_in_interpreters_that_isolate(self):
        self.assertEqual(pooled("""
            with insula_isolate.InterpreterPoolExecutor(2) as pool:
                print(pool.submit(tasks.divide, 6, b=3).result(), list(pool.map(tasks.divide, [1, 2, 3], [2, 2, 2])))
                print(pool.submit(tasks.here).result() != insula_isolate._native.interpreter())
                print(pool.submit(tasks.actions).result())
            print(alive())
        """), "2.0 [0.5, 1.0, 1.5]\nTrue\nisolated by copy\n0\n")

    def test_each_worker_has_variables_of_its_own(self):
        self.assertEqual(pooled("""
            import plain
            plain.bump()
            for _ in range(2):
                with insula_isolate.InterpreterPoolExecutor(1) as pool:
                    print(pool.submit(tasks.count, 3).result(), pool.submit(tasks.count, 1).result())
            print(plain.bump())
        """), "3 4\n3 4\n2\n")

    def test_workers_import_from_where_the_program_does(self):
        self.assertEqual(pooled("""
            sys.path.append("/no/such/folder")
            with insula_isolate.InterpreterPoolExecutor(1) as pool:
                print(pool.submit(tasks.path).result() == sys.path)
        """), "True\n")

    def test_exceptions_keep_their_type_and_say_where_they_were_raised(self):
        self.assertEqual(pooled("""
            from insula_isolate import ExecutionFailed
            with insula_isolate.InterpreterPoolExecutor(1) as pool:
                try:
                    pool.submit(tasks.divide, 1, 0).result()
                except ZeroDivisionError as error:
                    cause = error.__cause__
                    print(type(cause) is ExecutionFailed, "tasks.py" in str(cause), "in divide" in str(cause))
                print(pool.submit(tasks.divide, 4, 2).result())
        """), "True True True\n2.0\n")

    def test_exceptions_that_cannot_be_sent_are_told(self):
        done = pooled("""
            from insula_isolate import ExecutionFailed
            # The standard pool writes to stderr about such a one.
            sys.stderr = open(os.devnull, "w")
            os.dup2(sys.stderr.fileno(), 2)
            with insula_isolate.InterpreterPoolExecutor(1) as pool:
                try:
                    pool.submit(tasks.odd).result()
                except ExecutionFailed as error:
                    print("Odd: 1" in str(error))
                except TypeError as error:
                    # CPython 3.14 finds out only when it receives it.
                    print("Odd" in str(error) or sys.version_info >= (3, 14))
                print(pool.submit(tasks.divide, 4, 2).result())
        """)
        self.assertEqual(done, "True\n2.0\n")

    def test_what_cannot_be_pickled_is_an_error_of_its_own_call(self):
        self.assertEqual(pooled("""
            sys.stderr = open(os.devnull, "w")
            os.dup2(sys.stderr.fileno(), 2)
            with insula_isolate.InterpreterPoolExecutor(1) as pool:
                for task in (tasks.divide, threading.Lock()), (tasks.unsendable,):
                    try:
                        pool.submit(*task).result()
                    except Exception as error:
                        print("refused")
                print(pool.submit(tasks.divide, 4, 2).result())
        """), "refused\nrefused\n2.0\n")

    def test_the_initializer_runs_in_each_interpreter(self):
        self.assertEqual(pooled("""
            with insula_isolate.InterpreterPoolExecutor(2, initializer=tasks.prepare, initargs=("yes",)) as pool:
                print({each.result() for each in [pool.submit(tasks.prepared) for _ in range(20)]})
        """), "{'yes'}\n")

    def test_an_initializer_that_fails_breaks_the_pool_and_no_more(self):
        self.assertEqual(pooled("""
            import logging
            logging.disable()
            pool = insula_isolate.InterpreterPoolExecutor(1, initializer=tasks.refuse)
            for _ in range(2):
                try:
                    pool.submit(tasks.here).result()
                except BrokenExecutor as error:
                    print(isinstance(error, insula_isolate.BrokenInterpreterPool))
            pool.shutdown()
            print(alive())
        """), "True\nTrue\n0\n")

    def test_a_policy_that_is_wrong_breaks_the_pool_with_a_reason(self):
        done = pooled("""
            import logging
            logging.disable()
            try:
                with insula_isolate.InterpreterPoolExecutor(1, policy="some") as pool:
                    pool.submit(tasks.here).result()
            except (BrokenExecutor, ValueError) as error:
                print(type(error).__name__, error)
        """)
        self.assertEqual(done, "PolicyError install(): policy is 'some'; it is one of 'undeclared', 'all', "
                               "or a function of a module's name and path\n")

    def test_a_number_of_workers_that_is_none_is_said_at_once(self):
        self.assertEqual(pooled("""
            for workers in 0, -1, "3", 2.5:
                try:
                    insula_isolate.InterpreterPoolExecutor(workers)
                except (TypeError, ValueError) as error:
                    print(type(error).__name__, error)
        """), "ValueError max_workers must be greater than 0\n" * 2 + "".join(
            f"TypeError max_workers is {workers!r}; it is the number of interpreters, or None\n" for workers in ("3", 2.5)))

    def test_a_function_can_be_the_policy(self):
        self.assertEqual(pooled("""
            with insula_isolate.InterpreterPoolExecutor(1, policy=tasks.leave) as pool:
                try:
                    pool.submit(tasks.actions).result()
                except ImportError as error:
                    print("plain" in str(error))
        """), "True\n")

    def test_a_policy_that_workers_cannot_have_is_refused_at_once(self):
        said = pooled("""
            import functools
            def mine(name, path):
                pass
            if __name__ == "__main__":
                for policy in mine, functools.partial(mine, "x"), lambda name, path: None:
                    try:
                        insula_isolate.InterpreterPoolExecutor(1, policy=policy)
                    except insula_isolate.PolicyError as error:
                        print(error)
        """, script=True).splitlines()
        self.assertEqual(len(said), 3, said)
        for line in said[:2]:
            self.assertRegex(line, r"^policy is .*mine at .* of __main__, .*: move it to a module$")
        self.assertRegex(said[2], r"lambda.* cannot be pickled: make it a function of a module$")

    def test_functions_of_the_main_module(self):
        self.assertEqual(pooled("""
            class Pair:
                def __init__(self, one, two):
                    self.both = one, two
            def double(pair):
                return [each * 2 for each in pair.both]
            if __name__ == "__main__":
                with insula_isolate.InterpreterPoolExecutor(2) as pool:
                    print(list(pool.map(double, [Pair(1, 2), Pair("a", "b")])))
        """, script=True), "[[2, 4], ['aa', 'bb']]\n")

    @unittest.skipIf(support.VERSION >= (3, 14), "not applicable: the standard pool decides")
    def test_classes_of_the_main_module_come_back(self):
        self.assertEqual(pooled("""
            class Pair:
                pass
            class Failure(Exception):
                pass
            def make():
                return Pair()
            def fail():
                raise Failure("mine")
            if __name__ == "__main__":
                with insula_isolate.InterpreterPoolExecutor(1) as pool:
                    print(type(pool.submit(make).result()) is Pair)
                    try:
                        pool.submit(fail).result()
                    except Failure as error:
                        print(error)
        """, script=True), "True\nmine\n")

    @unittest.skipIf(support.VERSION >= (3, 14), "not applicable: the standard pool decides")
    def test_a_main_module_that_is_no_file_is_a_clear_error(self):
        self.assertIn("move it to a module", pooled("""
            def work():
                pass
            with insula_isolate.InterpreterPoolExecutor(1) as pool:
                try:
                    pool.submit(work).result()
                except Exception as error:
                    print(error)
        """))

    def test_many_calls_on_several_interpreters_at_once(self):
        self.assertEqual(pooled("""
            with insula_isolate.InterpreterPoolExecutor(4) as pool:
                print(sum(pool.map(tasks.divide, range(400))))
            print(alive())
        """), "79800.0\n0\n")

    def test_a_pool_that_is_forgotten_ends_its_interpreters(self):
        self.assertEqual(pooled("""
            import time
            pool = insula_isolate.InterpreterPoolExecutor(1)
            print(pool.submit(tasks.divide, 4, 2).result())
            del pool
            for _ in range(500):
                if not alive():
                    break
                time.sleep(0.02)
            print(alive())
        """), "2.0\n0\n")

    def test_a_pool_that_is_never_shut_down_ends_with_the_program(self):
        self.assertEqual(pooled("""
            pool = insula_isolate.InterpreterPoolExecutor(2)
            print(list(pool.map(tasks.divide, range(4))))
        """), "[0.0, 1.0, 2.0, 3.0]\n")

    def test_an_ordinary_thread_is_waited_for(self):
        self.assertEqual(pooled("""
            with insula_isolate.InterpreterPoolExecutor(1) as pool:
                pool.submit(tasks.thread).result()
            print(alive(), insula_isolate.report().remarks)
        """), "0 []\n")

    def test_a_thread_that_nobody_knows_is_given_time(self):
        self.assertEqual(pooled("""
            with insula_isolate.InterpreterPoolExecutor(1) as pool:
                pool.submit(tasks.raw_and_short).result()
            print(alive(), insula_isolate.report().remarks)
        """), "0 []\n")

    def left(self, task, **options):
        """Runs a task that leaves a thread; what the process wrote to stderr is CPython's."""
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "tasks.py"), "w", encoding="utf-8") as opened:
                opened.write(textwrap.dedent(TASKS))
            code = support.prelude() + textwrap.dedent(BEGIN) + textwrap.dedent(f"""
                with insula_isolate.InterpreterPoolExecutor(1) as pool:
                    pool.submit(tasks.{task}).result()
                print(alive(), insula_isolate.report().remarks, flush=True)
            """)
            done = support.start(["-c", code], cwd=folder, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [line for line in done.stderr.splitlines() if "remaining subinterpreters" not in line]
        self.assertEqual(lines, [])
        return done.stdout

    @unittest.skipIf(support.VERSION < (3, 13), "not applicable: 3.12 allows an interpreter no daemon threads")
    def test_an_interpreter_with_daemon_threads_is_kept_and_the_process_ends_well(self):
        self.assertRegex(self.left("daemon"), r"^1 \['interpreter \d+ was not ended: threads of it are still running: for ever'\]\n$")

    @unittest.skipIf(support.VERSION < (3, 13), "not applicable: CPython 3.12 cannot end with an interpreter left")
    def test_an_interpreter_with_threads_that_nobody_knows_is_kept_and_the_process_ends_well(self):
        self.assertRegex(self.left("raw"), r"^1 \['interpreter \d+ was not ended: threads of it .*: 1 without a name'\]\n$")

    def test_daemon_threads_can_be_forbidden(self):
        self.assertEqual(pooled("""
            with insula_isolate.InterpreterPoolExecutor(1, daemon_threads=False) as pool:
                try:
                    pool.submit(tasks.daemon).result()
                except RuntimeError as error:
                    print("daemon threads are disabled" in str(error))
        """), "True\n")

    def test_futures_can_be_cancelled(self):
        self.assertEqual(pooled("""
            pool = insula_isolate.InterpreterPoolExecutor(1)
            pool.submit(tasks.divide, 1).result()
            futures = [pool.submit(tasks.thread)] + [pool.submit(tasks.divide, each) for each in range(50)]
            pool.shutdown(cancel_futures=True)
            print(all(each.done() for each in futures))
            try:
                pool.submit(tasks.divide, 1)
            except RuntimeError as error:
                print("after shutdown" in str(error))
        """), "True\nTrue\n")


if __name__ == "__main__":
    unittest.main()
