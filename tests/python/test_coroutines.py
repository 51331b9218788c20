"""R4: async functions: what asyncio sees of them, who wakes them, and when their futures are dropped."""

import asyncio
import collections.abc
import gc
import inspect
import itertools
import sys
import time
import types
import unittest
import weakref

import support

NUMBERS = itertools.count(1)


class Coroutines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.module = support.fresh("coroutines")

    def test_a_future_that_is_ready_is_a_result(self):
        module = self.module

        async def main():
            self.assertEqual(await module.add(1), 3)
            self.assertEqual(await module.add(1, second=4), 5)
            self.assertIsNone(await module.turns(0))
            self.assertIsNone(await module.turns(1000))
            with self.assertRaises(TypeError):
                module.add("a")

        asyncio.run(main())

    def test_it_follows_the_protocol_of_coroutines(self):
        coroutine = self.module.turns(2)
        self.assertIsInstance(coroutine, collections.abc.Coroutine)
        self.assertTrue(asyncio.iscoroutine(coroutine) and inspect.isawaitable(coroutine))
        self.assertIs(iter(coroutine), coroutine)
        self.assertIs(coroutine.__await__(), coroutine)
        self.assertEqual((coroutine.__name__, coroutine.__qualname__), ("turns", "turns"))
        self.assertTrue(repr(coroutine).startswith("<coroutine object turns at 0x"))
        self.assertEqual((coroutine.send(None), next(coroutine)), (None, None))
        with self.assertRaises(StopIteration) as ended:
            coroutine.send("unused")
        self.assertIsNone(ended.exception.value)
        for again in (lambda: coroutine.send(None), lambda: next(coroutine), lambda: coroutine.throw(KeyError)):
            with self.assertRaisesRegex(RuntimeError, "cannot reuse already awaited coroutine"):
                again()
        coroutine.close()
        with self.assertRaises(TypeError):
            type(coroutine)()

        @types.coroutine
        def old_style():
            return (yield from self.module.add(20, 22))

        with self.assertRaises(StopIteration) as ended:
            old_style().send(None)
        self.assertEqual(ended.exception.value, 42)

    def test_every_result_arrives_as_it_is(self):
        async def main():
            number = next(NUMBERS)
            self.module.fire(number)
            for result in (None, (), (1, 2), [], KeyError("k"), StopIteration(1), KeyError, object()):
                self.assertIs(await self.module.later(result, number), result)

        asyncio.run(main())

    def test_throw_drops_the_future_and_raises(self):
        alive, traceback = self.module.alive(), None
        try:
            raise IndexError
        except IndexError as error:
            traceback = error.__traceback__
        raised = KeyError("k")
        for arguments, check in [
            ((raised,), lambda error: error is raised),
            ((KeyError,), lambda error: type(error) is KeyError and error.args == ()),
            ((KeyError, "k"), lambda error: error.args == ("k",)),
            ((KeyError, raised), lambda error: error is raised),
            ((KeyError, None, traceback), lambda error: "IndexError" in repr(traceback.tb_frame.f_code.co_names)),
            ((1,), lambda error: type(error) is TypeError),
            ((raised, 1), lambda error: type(error) is TypeError),
            ((), lambda error: type(error) is TypeError),
        ]:
            coroutine = self.module.wait(next(NUMBERS))
            with self.assertRaises((KeyError, TypeError)) as caught:
                coroutine.throw(*arguments)
            self.assertTrue(check(caught.exception), arguments)
            coroutine.close()
        self.assertEqual(self.module.alive(), alive)

    def test_close_and_the_end_of_the_object_drop_the_future(self):
        async def main(ending):
            task = asyncio.current_task()
            coroutine, alive = self.module.wait(next(NUMBERS)), self.module.alive()
            future = coroutine.send(None)
            self.assertIsInstance(future, asyncio.Future)
            self.assertIs(future.get_loop(), task.get_loop())
            self.assertEqual(self.module.alive(), alive + 1)
            if ending == "close":
                coroutine.close()
            else:
                del coroutine
            self.assertEqual(self.module.alive(), alive)

        for ending in ("close", "del"):
            asyncio.run(main(ending))

    def test_the_end_of_a_coroutine_releases_its_arguments(self):
        async def main(ending):
            number, thing = next(NUMBERS), type("Thing", (), {})()
            reference, coroutine = weakref.ref(thing), self.module.later(thing, number)
            del thing
            self.assertIsNotNone(reference())
            if ending == "result":
                self.module.fire(number)
                await coroutine
            elif ending == "cancel":
                task = asyncio.ensure_future(coroutine)
                await asyncio.sleep(0)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
            elif ending == "close":
                coroutine.close()
            else:
                del coroutine
            self.assertIsNone(reference(), ending)

        thing = type("Thing", (), {})()
        reference = weakref.ref(thing)
        with self.assertRaises(TypeError):
            self.module.later(thing, "no number")
        del thing
        self.assertIsNone(reference(), "an argument was rooted before another one failed")
        for ending in ("result", "cancel", "close", "del"):
            asyncio.run(main(ending))

    def test_without_a_loop_it_cannot_wait(self):
        alive = self.module.alive()
        coroutine = self.module.wait(next(NUMBERS))
        with self.assertRaisesRegex(RuntimeError, "no running event loop"):
            coroutine.send(None)
        self.assertEqual(self.module.alive(), alive)
        with self.assertRaisesRegex(RuntimeError, "cannot reuse"):
            coroutine.send(None)

    def test_it_is_woken_on_its_own_thread_and_on_others(self):
        async def main():
            number = next(NUMBERS)
            asyncio.get_running_loop().call_soon(self.module.fire, number)
            self.assertEqual(await asyncio.wait_for(self.module.wait(number), 20), number)
            number = next(NUMBERS)
            self.module.fire_on_thread(number, 20)
            self.assertEqual(await asyncio.wait_for(self.module.wait(number), 20), number)

        asyncio.run(main())

    def test_a_thousand_wakes_from_threads(self):
        async def main():
            numbers = [next(NUMBERS) for _ in range(1000)]
            tasks = [asyncio.ensure_future(self.module.wait(number)) for number in numbers]
            both = asyncio.ensure_future(self.module.wait_for_all(numbers))
            await asyncio.sleep(0)
            self.assertEqual(self.module.alive(), alive + 1001)
            for start in range(0, 1000, 100):
                await asyncio.to_thread(self.module.fire_on_threads, numbers[start:start + 100])
            self.assertEqual(await asyncio.wait_for(asyncio.gather(*tasks), 30), numbers)
            self.assertEqual(await asyncio.wait_for(both, 30), 1000)

        alive = self.module.alive()
        asyncio.run(main())
        self.assertEqual(self.module.alive(), alive)

    def test_a_wake_without_a_reason_polls_again(self):
        async def main():
            number = next(NUMBERS)
            task = asyncio.ensure_future(self.module.wait(number))
            for _ in range(10):
                await asyncio.sleep(0.001)
                self.module.disturb(number)
            self.assertFalse(task.done())
            self.module.fire(number)
            self.assertEqual(await asyncio.wait_for(task, 20), number)

        asyncio.run(main())

    def test_cancelling_a_task_drops_the_future(self):
        async def main():
            alive = self.module.alive()
            number = next(NUMBERS)
            task = asyncio.ensure_future(self.module.wait(number))
            await asyncio.sleep(0)
            self.assertEqual(self.module.alive(), alive + 1)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual(self.module.alive(), alive)
            # Nobody waits any more, and the wake is nobody's.
            self.module.fire_on_threads([number])
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(self.module.wait(next(NUMBERS)), 0.01)
            self.assertEqual(self.module.alive(), alive)

        asyncio.run(main())

    def test_what_is_awaited_already_does_not_lose_who_awaits_it(self):
        """Each way to have a suspended coroutine go on, with a coroutine of Python's as the control."""
        async def wrapped(coroutine):
            return await coroutine

        async def called(function, *arguments):
            return function(*arguments)

        def intruders(coroutine):
            return {
                "await": lambda: wrapped(coroutine),
                "task": lambda: coroutine,
                "send": lambda: called(coroutine.send, None),
                "next": lambda: called(next, coroutine if iter_of(coroutine) else coroutine.__await__()),
                "throw": lambda: called(coroutine.throw, KeyError("k")),
                "close": lambda: called(coroutine.close),
            }

        def iter_of(coroutine):
            return hasattr(coroutine, "__next__")

        async def outcome(task):
            try:
                result = await asyncio.wait_for(task, 5)
            except Exception as error:
                return f"{type(error).__name__}: {error}"
            return type(result).__name__

        async def intruded(make, fire, first, second):
            coroutine = make()
            tasks = [asyncio.ensure_future(intruders(coroutine)[first]())]
            await asyncio.sleep(0.01)
            tasks.append(asyncio.ensure_future(intruders(coroutine)[second]()))
            await asyncio.sleep(0.01)
            fire()
            return [await outcome(task) for task in tasks]

        async def main(first, second, of):
            loop = asyncio.get_running_loop()
            future, other, number = loop.create_future(), loop.create_future(), next(NUMBERS)

            async def control():
                return type(await future)()

            def fire():
                self.module.fire(number)
                # It may have been cancelled with the coroutine.
                other.done() or other.set_result(1)

            # `awaits` wakes whoever polled it last, `wait` all.
            make = {"wait": lambda: self.module.wait(number), "awaits": lambda: self.module.awaits(lambda: other)}[of]
            expected = await intruded(control, lambda: future.set_result(1), first, second)
            self.assertEqual(await intruded(make, fire, first, second), expected, (first, second, of))

        for first in ("await", "task"):
            for second in ("await", "task", "send", "next", "throw", "close"):
                for of in ("wait", "awaits"):
                    asyncio.run(main(first, second, of))

    def test_a_stray_poll_lets_nobody_wait_for_ever(self):
        async def main(stray):
            number = next(NUMBERS)
            coroutine = self.module.wait_for_all([number, number + 1])
            next(NUMBERS)
            task = asyncio.ensure_future(coroutine)
            await asyncio.sleep(0.01)
            # A step is made, by whoever, and the task waits for the same future.
            self.module.fire(number)
            self.assertIsInstance(coroutine.send(None), asyncio.Future)
            await asyncio.sleep(0.01)
            if stray == "twice":
                coroutine.send(None)
            self.module.fire(number + 1)
            if stray == "ended":
                # Whoever is first gets the result.
                with self.assertRaises(StopIteration):
                    coroutine.send(None)
                with self.assertRaisesRegex(RuntimeError, "cannot reuse already awaited coroutine"):
                    await asyncio.wait_for(task, 20)
            else:
                self.assertEqual(await asyncio.wait_for(task, 20), 2)

        for stray in ("once", "twice", "ended"):
            asyncio.run(main(stray))

    def test_a_poll_that_ends_it_wakes_who_waits(self):
        async def main():
            future, ended = asyncio.get_running_loop().create_future(), []
            coroutine = self.module.awaits(lambda: future)
            task = asyncio.ensure_future(coroutine)
            await asyncio.sleep(0.01)
            self.assertIs(coroutine.send(None), coroutine.send(None))

            def poll(_):
                # The waker is the coroutine's by now; the task has not run yet.
                with self.assertRaises(StopIteration) as caught:
                    coroutine.send(None)
                ended.append(caught.exception.value)

            future.add_done_callback(poll)
            future.set_result(5)
            with self.assertRaisesRegex(RuntimeError, "cannot reuse already awaited coroutine"):
                await asyncio.wait_for(task, 5)
            self.assertEqual(ended, [5])

        asyncio.run(main())

    def test_another_loop_leaves_the_first_one_its_coroutine(self):
        async def main():
            number = next(NUMBERS)
            coroutine = self.module.wait(number)
            task = asyncio.ensure_future(coroutine)
            await asyncio.sleep(0.01)

            async def intruder():
                return coroutine.send(None)

            with self.assertRaisesRegex(RuntimeError, "coroutine is being awaited already"):
                await asyncio.to_thread(asyncio.run, intruder())
            with self.assertRaisesRegex(RuntimeError, "coroutine is being awaited already"):
                await asyncio.to_thread(coroutine.send, None)
            self.module.fire(number)
            self.assertEqual(await asyncio.wait_for(task, 20), number)

        async def begun(coroutine):
            return coroutine.send(None)

        async def goes_on(coroutine, number):
            self.module.fire(number)
            return await asyncio.ensure_future(coroutine)

        asyncio.run(main())
        # A loop that is closed wakes nobody, and holds nobody off.
        number = next(NUMBERS)
        coroutine = self.module.wait(number)
        asyncio.run(begun(coroutine))
        self.assertEqual(asyncio.run(goes_on(coroutine, number)), number)

    def test_a_wake_after_the_loop_was_closed_is_nobodys(self):
        out = support.in_process("""
            import asyncio, time
            module = support.fresh("coroutines")
            async def main():
                task = asyncio.ensure_future(module.wait(1))
                await asyncio.sleep(0)
                return task
            loop = asyncio.new_event_loop()
            task = loop.run_until_complete(main())
            loop.close()
            task._log_destroy_pending = False
            del task
            module.fire_on_threads([1])
            for _ in range(200):
                # What the waker held is released by who comes with a root next.
                coroutine = module.later(None, 1); coroutine.close(); __import__("gc").collect()
                if module.alive() == 0: break
                time.sleep(0.01)
            print(module.alive())
        """)
        self.assertEqual(out, "0\n")

    def test_what_nobody_can_wake_is_collected(self):
        async def main():
            number, alive = next(NUMBERS), self.module.alive()
            coroutine = self.module.wait(number)
            reference = weakref.ref(coroutine)
            task = asyncio.ensure_future(coroutine)
            task._log_destroy_pending = False
            await asyncio.sleep(0)
            del coroutine, task
            gc.collect()
            self.assertIsNotNone(reference(), "somebody can wake it")
            self.module.forget(number)
            self.module.later(None, number).close()
            gc.collect()
            self.assertIsNone(reference())
            self.assertEqual(self.module.alive(), alive)

        asyncio.run(main())

    def test_the_state_is_that_of_its_module(self):
        async def main():
            one, two = support.fresh("coroutines"), support.fresh("coroutines")
            number = next(NUMBERS)
            tasks = [asyncio.ensure_future(module.count(number)) for module in (one, one, two)]
            await asyncio.sleep(0)
            self.module.fire(number)
            self.assertEqual(await asyncio.gather(*tasks), [(1, 3), (2, 4), (1, 2)])
            self.assertIsNot(type(one.turns(0)), type(two.turns(0)))
            self.assertIs(await one.module_from_thread(next(NUMBERS)), one)
            return weakref.ref(one)

        module = asyncio.run(main())
        for _ in range(500):
            # The thread may not have let go yet; what it lets go of is released by who comes with a root next.
            self.module.later(None, 1).close()
            gc.collect()
            if module() is None:
                break
            time.sleep(0.01)
        self.assertIsNone(module())

    def test_errors_are_raised_as_they_were(self):
        async def main():
            for how, error, message in [
                ("refused", self.module.Refused, "it was refused"),
                ("key", KeyError, "'the key'"),
            ]:
                with self.assertRaises(error) as caught:
                    await self.module.fail(how)
                self.assertEqual(str(caught.exception), message)
            self.assertIsNone(await self.module.fail("not"))
            with self.assertRaisesRegex(TypeError, "must be dict, not list"):
                self.module.size([], 1)

        asyncio.run(main())
        support.in_process("""
            import asyncio
            module = support.fresh("coroutines")
            coroutine = module.fail("panic")
            coroutine.send(None)
            try:
                coroutine.send(None)
            except BaseException as error:
                assert type(error).__name__ == "PanicException" and error.message == "the future panicked"
            else:
                raise AssertionError("no exception")
            try:
                coroutine.send(None)
            except RuntimeError as error:
                assert "cannot reuse" in str(error)
        """)

    def test_python_awaitables_are_awaited(self):
        async def main():
            result = object()

            async def slow():
                await asyncio.sleep(0.01)
                return result

            async def broken():
                await asyncio.sleep(0)
                raise LookupError("broken")

            self.assertIs(await self.module.awaits(slow), result)
            with self.assertRaisesRegex(LookupError, "broken"):
                await self.module.awaits(broken)
            self.assertEqual(await self.module.catches(broken), "LookupError: broken")
            self.assertEqual(await self.module.catches(lambda: 1 / 0), "ZeroDivisionError: division by zero")
            self.assertIn("TypeError", await self.module.catches(lambda: 1))
            self.assertEqual(await self.module.awaits(lambda: self.module.add(40)), 42)
            number = next(NUMBERS)
            self.module.fire_on_thread(number, 5)
            self.assertEqual(await self.module.awaits(lambda: self.module.wait(number)), number)

        asyncio.run(main())

    def test_what_is_given_up_is_cancelled(self):
        async def main():
            seen = []

            async def forever():
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    seen.append("cancelled")
                    raise

            number = next(NUMBERS)
            task = asyncio.ensure_future(self.module.gives_up(forever, number))
            await asyncio.sleep(0.01)
            self.module.fire(number)
            await task
            outer = asyncio.ensure_future(self.module.awaits(forever))
            await asyncio.sleep(0.01)
            outer.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await outer
            for _ in range(500):
                if len(seen) == 2:
                    break
                await asyncio.sleep(0.01)
            self.assertEqual(seen, ["cancelled", "cancelled"])

        asyncio.run(main())

    def test_methods_keep_their_object_by_a_root(self):
        async def main():
            number = next(NUMBERS)
            ticker, holder = self.module.Ticker(3), self.module.Holder("kept")
            tasks = [asyncio.ensure_future(each) for each in (ticker.limit(number), holder.get(number))]
            reference = weakref.ref(tasks[0].get_coro())
            self.assertIsNotNone(reference())
            del ticker, holder
            await asyncio.sleep(0)
            self.module.fire(number)
            self.assertEqual(await asyncio.gather(*tasks), [3, "kept"])
            self.assertEqual(await self.module.Ticker.name(), "Ticker")
            self.assertEqual([each async for each in self.module.Ticker(4)], [0, 1, 2, 3])
            async with self.module.Ticker(1) as entered:
                self.assertIsInstance(entered, self.module.Ticker)

        asyncio.run(main())

    def test_one_at_a_time_runs_it(self):
        async def main():
            async def again():
                with self.assertRaisesRegex(ValueError, "coroutine already executing"):
                    coroutine.send(None)
                with self.assertRaisesRegex(ValueError, "coroutine already executing"):
                    coroutine.close()

            def function():
                waits = again()
                with self.assertRaises(StopIteration):
                    waits.send(None)
                return self.module.turns(0)

            coroutine = self.module.awaits(function)
            await coroutine

        asyncio.run(main())

    def test_the_end_of_the_process_drops_what_waits(self):
        out = support.in_process("""
            import asyncio
            module = support.fresh("coroutines")
            loop = asyncio.new_event_loop()
            async def main():
                global task
                task = asyncio.ensure_future(module.wait(1))
                await asyncio.sleep(0)
                task._log_destroy_pending = False
            loop.run_until_complete(main())
            module.fire_on_thread(1, 50)
            print("end")
        """)
        self.assertEqual(out, "end\n")

    def test_what_nobody_can_wake_any_more_is_collected(self):
        support.in_process("""
            import asyncio, gc, time, weakref
            module = support.fresh("coroutines")
            for number, ending in enumerate((module.forget_on_thread, module.fire, lambda number: module.fire_on_thread(number, 0))):
                loop = asyncio.new_event_loop()
                task = loop.create_task(module.wait(number))
                task._log_destroy_pending = False
                loop.run_until_complete(asyncio.sleep(0.01))
                loop.close()
                seen = weakref.ref(loop)
                del loop, task
                ending(number)
                # By the messenger: that of the waker may not.
                for _ in range(500):
                    gc.collect()
                    if seen() is None and module.alive() == 0: break
                    time.sleep(0.01)
                assert seen() is None, (number, gc.get_referrers(seen()))
                assert module.alive() == 0, (number, module.alive())
        """)

    def test_after_a_fork_the_child_waits_and_wakes(self):
        support.in_process("""
            import asyncio, os, threading, time
            module = support.fresh("coroutines")
            async def main(number):
                module.fire_on_thread(number, 10)
                assert await asyncio.wait_for(module.wait(number), 20) == number
            asyncio.run(main(1))
            import warnings
            warnings.simplefilter("ignore")
            child = os.fork()
            if child == 0:
                try:
                    asyncio.run(main(2))
                    os._exit(0)
                except BaseException:
                    import traceback; traceback.print_exc()
                    os._exit(1)
            assert os.waitpid(child, 0)[1] == 0
            asyncio.run(main(3))
        """)

    def test_what_waits_before_a_fork_is_woken_in_the_child(self):
        support.in_process("""
            import asyncio, os, warnings
            warnings.simplefilter("ignore")
            module = support.fresh("coroutines")
            loop = asyncio.new_event_loop()
            task = loop.create_task(module.wait(7))
            loop.run_until_complete(asyncio.sleep(0.01))
            child = os.fork()
            # The loop is the same in both, so one after the other goes on with it.
            if child and os.waitpid(child, 0)[1] != 0:
                raise AssertionError("the child failed")
            try:
                module.fire_on_thread(7, 5)
                assert loop.run_until_complete(asyncio.wait_for(task, 20)) == 7
            except BaseException:
                import traceback; traceback.print_exc()
                os._exit(1)
            os._exit(0)
        """)


# CPython 3.12 and 3.13.0 crash ("thread state already initialized") where one thread attaches to an interpreter at the moment in
# which another, the only one there, leaves it. There a thread stays, until the interpreter's end waits for it.
STAYS = "import threading, time; threading.Thread(target=time.sleep, args=(0.03,)).start()"
STAYS = STAYS if (3, 12) <= sys.version_info < (3, 13, 1) else ""


class Interpreters(unittest.TestCase):
    """Each scenario in a process of its own."""

    LOOPS = """
        import os, threading
        interpreters = [support.Interpreter(own_gil={own_gil}) for _ in range({count})]
        code = '''
            import asyncio
            module = support.fresh("coroutines")
            async def main():
                numbers = [%d * 1000 + each for each in range(50)]
                tasks = [asyncio.ensure_future(module.wait(number)) for number in numbers]
                await asyncio.sleep(0)
                for number in numbers:
                    module.fire_on_thread(number, number %% 7)
                assert await asyncio.wait_for(asyncio.gather(*tasks), 60) == numbers
                assert (await module.count(numbers[0]))[1] == 2
            asyncio.run(main())
        '''
        failed = []
        def work(place, interpreter):
            try:
                interpreter.run(code % (place + 1))
            except BaseException as error:
                failed.append(error)
        threads = [threading.Thread(target=work, args=each) for each in enumerate(interpreters)]
        # One alone runs on this thread: CPython 3.12.1 cannot end what ran on another, without our modules either.
        if len(threads) == 1: threads[0].run()
        else:
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        assert not failed, failed
        for interpreter in reversed(interpreters): interpreter.end()
        assert support.fresh("coroutines").alive() == 0
    """

    @unittest.skipIf(sys.version_info < (3, 12), "not applicable: no interpreter has a GIL of its own before 3.12")
    @unittest.skipIf(sys.version_info[:3] == (3, 12, 1), "CPython 3.12.1 fails without our modules, too")
    def test_loops_in_interpreters_with_their_own_gil_are_woken_by_their_own(self):
        support.in_process(self.LOOPS.format(own_gil=True, count=8), timeout=120)

    def test_a_loop_in_a_legacy_interpreter(self):
        support.in_process(self.LOOPS.format(own_gil=False, count=1), timeout=120)

    def test_an_ending_interpreter_drops_its_futures_and_later_wakes_are_nobodys(self):
        support.in_process("""
            module = support.fresh("coroutines")
            for own_gil in {kinds}:
                interpreter = support.Interpreter(own_gil=own_gil)
                interpreter.run('''
                    import asyncio
                    module = support.fresh("coroutines")
                    loop = asyncio.new_event_loop()
                    async def main():
                        task = asyncio.ensure_future(module.wait(77))
                        await asyncio.sleep(0)
                        task._log_destroy_pending = False
                        return task
                    task = loop.run_until_complete(main())
                    loop.close()
                ''')
                assert module.alive() == 1
                interpreter.end()
                assert module.alive() == 0, module.alive()
                module.fire_on_threads([77])
                module.forget(77)
        """.format(kinds=[False] if sys.version_info < (3, 13) else [False, True]))

    #: A task that waits, in the interpreter that runs this.
    WAITS = """
                import asyncio
                module = support.fresh("coroutines")
                loop = asyncio.new_event_loop()
                task = loop.create_task(module.wait(77))
                loop.run_until_complete(asyncio.sleep(0.01))
            """

    def test_the_process_ends_although_an_interpreter_has_tasks(self):
        support.in_process("""
            interpreter = support.Interpreter()
            interpreter.run('''{waits}''')
        """.replace("{waits}", self.WAITS))

    @unittest.skipIf(sys.version_info >= (3, 12), "not applicable: from 3.12 on CPython finds the thread state by other means")
    def test_a_wake_makes_its_thread_state_with_the_gil(self):
        # CPython 3.11 ends an interpreter with the first of its thread states, having looked that there is one only.
        support.in_process("""
            import ctypes, time
            module = support.fresh("coroutines")
            interpreter = support.Interpreter()
            interpreter.run('''{waits}''')
            api = ctypes.PyDLL(None)  # Its functions are called with the GIL.
            for name in "PyInterpreterState_Head", "PyInterpreterState_ThreadHead", "PyThreadState_Next":
                function = getattr(api, name)
                function.restype = ctypes.c_void_p
                function.argtypes = [ctypes.c_void_p] if name != "PyInterpreterState_Head" else []
            state = api.PyInterpreterState_Head()  # The newest one.
            def threads():
                thread, count = api.PyInterpreterState_ThreadHead(state), 0
                while thread: thread, count = api.PyThreadState_Next(thread), count + 1
                return count
            assert threads() == 1
            sys.setswitchinterval(60)  # This thread is not asked for the GIL before it gives it away.
            module.fire_on_thread(77, 5)
            api.usleep(300_000)
            count = threads()
            sys.setswitchinterval(0.005)
            time.sleep(0.3)
            interpreter.run("assert loop.run_until_complete(asyncio.wait_for(task, 20)) == 77; loop.close()")
            interpreter.end()
            assert count == 1, count
        """.replace("{waits}", self.WAITS))

    def test_wakes_race_with_the_end_of_the_interpreter(self):
        support.in_process("""
            module = support.fresh("coroutines")
            for turn in range(30):
                interpreter = support.Interpreter(own_gil={own_gil})
                interpreter.run(f'''
                    import asyncio
                    module = support.fresh("coroutines")
                    loop = asyncio.new_event_loop()
                    async def main():
                        tasks = []
                        for each in range(20):
                            number = {{turn}} * 1000 + each
                            tasks.append(asyncio.ensure_future(module.wait(number)))
                            tasks[-1]._log_destroy_pending = False
                        await asyncio.sleep(0)
                        for each in range(20):
                            module.fire_on_thread({{turn}} * 1000 + each, each % 5)
                        return tasks
                    tasks = loop.run_until_complete(main())
                    {stays}
                ''')
                interpreter.end()
                assert module.alive() == 0, module.alive()
        """.replace("{stays}", STAYS).replace("{own_gil}", str(sys.version_info >= (3, 13))).replace("{{turn}}", "{turn}"), timeout=120)


if __name__ == "__main__":
    unittest.main()
