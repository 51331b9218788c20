"""R5: async functions that await tokio, whose runtime belongs to the process and knows no interpreter."""

import asyncio
import sys
import threading
import time
import unittest

import support


class Tokio(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.module = support.fresh("echoes")

    def gone(self):
        """Waits until no future counts any more: what is aborted ends on another thread."""
        for _ in range(500):
            if self.module.alive() == 0:
                return
            time.sleep(0.01)
        self.fail(f"{self.module.alive()} futures are alive")

    def test_sleeps_do_not_hold_up_the_loop(self):
        async def main():
            start, ticks = time.monotonic(), 0
            tasks = [asyncio.ensure_future(self.module.sleep(200)) for _ in range(100)]
            tasks += [asyncio.ensure_future(self.module.sleep_elsewhere(200)) for _ in range(100)]
            while not all(task.done() for task in tasks):
                await asyncio.sleep(0.01)
                ticks += 1
            self.assertEqual({task.result() for task in tasks}, {200})
            self.assertGreater(ticks, 3)
            self.assertGreaterEqual(time.monotonic() - start, 0.2)

        asyncio.run(asyncio.wait_for(main(), 60))
        self.gone()

    def test_bytes_come_back_from_a_server(self):
        async def main():
            port = await self.module.serve(51)
            texts = [b"%d " % number * 5000 for number in range(50)]
            self.assertEqual(await asyncio.gather(*(self.module.ask(port, text) for text in texts)), texts)
            # A client of asyncio's, at the same server.
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"asyncio")
            writer.write_eof()
            self.assertEqual(await reader.read(), b"asyncio")
            writer.close()
            with self.assertRaises(ConnectionRefusedError):
                await self.module.ask(1, b"nobody")

        asyncio.run(asyncio.wait_for(main(), 60))

    def test_a_thousand_tasks_wake_from_the_threads_of_the_runtime(self):
        async def main():
            self.assertEqual(await self.module.gather(1000), 499500)
            self.assertEqual(await asyncio.gather(*(self.module.sleep_elsewhere(n % 3) for n in range(1000))),
                             [n % 3 for n in range(1000)])

        asyncio.run(asyncio.wait_for(main(), 60))
        self.gone()

    def test_cancelling_ends_what_is_awaited_here_and_there(self):
        async def main():
            for sleep in (self.module.sleep, self.module.sleep_elsewhere):
                task = asyncio.ensure_future(sleep(3_600_000))
                for _ in range(500):
                    await asyncio.sleep(0.01)
                    if self.module.alive() == 1:
                        break
                self.assertEqual(self.module.alive(), 1)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
                await asyncio.to_thread(self.gone)
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(sleep(3_600_000), 0.02)
                await asyncio.to_thread(self.gone)

        asyncio.run(main())

    def test_a_panic_of_a_task_is_an_error(self):
        out = support.in_process("""
            import asyncio
            module = support.fresh("echoes")
            try:
                asyncio.run(module.panics())
            except RuntimeError as error:
                print("on a thread of the runtime's" in str(error))
        """)
        self.assertEqual(out, "True\n")

    def test_a_root_leads_into_the_interpreter_from_the_runtime(self):
        threads = []

        def function(number):
            threads.append(threading.get_ident())
            return number + 1

        self.assertEqual(asyncio.run(self.module.call_elsewhere(function, 41)), 42)
        self.assertNotEqual(threads, [threading.get_ident()])
        with self.assertRaisesRegex(RuntimeError, "ZeroDivisionError"):
            asyncio.run(self.module.call_elsewhere(lambda number: number / 0, 1))

    def test_the_child_of_a_fork_has_a_runtime_of_its_own(self):
        support.in_process("""
            import asyncio, os, warnings
            warnings.simplefilter("ignore")
            module = support.fresh("echoes")
            async def main():
                assert await asyncio.wait_for(module.sleep(5), 20) == 5
                assert await asyncio.wait_for(module.sleep_elsewhere(5), 20) == 5
            asyncio.run(main())
            child = os.fork()
            if child == 0:
                try:
                    asyncio.run(main())
                    os._exit(0)
                except BaseException:
                    import traceback; traceback.print_exc()
                    os._exit(1)
            assert os.waitpid(child, 0)[1] == 0
            asyncio.run(main())
        """)


class Interpreters(unittest.TestCase):
    """Each scenario in a process of its own."""

    LOOPS = """
        import threading
        interpreters = [support.Interpreter(own_gil={own_gil}) for _ in range({count})]
        code = '''
            import asyncio
            module = support.fresh("echoes")
            async def main():
                port = await module.serve(20)
                texts = [b"%d" % n * 1000 for n in range(20)]
                assert await asyncio.gather(*(module.ask(port, text) for text in texts)) == texts
                sleeps = [module.sleep(n % 20) for n in range(50)] + [module.sleep_elsewhere(n % 20) for n in range(50)]
                assert await asyncio.gather(*sleeps) == [n % 20 for n in range(50)] * 2
                assert await module.call_elsewhere(lambda number: number + 1, 41) == 42
            asyncio.run(asyncio.wait_for(main(), 60))
        '''
        failed = []
        def work(interpreter):
            try:
                interpreter.run(code)
            except BaseException as error:
                failed.append(error)
        threads = [threading.Thread(target=work, args=(each,)) for each in interpreters]
        # One alone runs on this thread: CPython 3.12.1 cannot end what ran on another, without our modules either.
        if len(threads) == 1: threads[0].run()
        else:
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        assert not failed, failed
        for interpreter in reversed(interpreters): interpreter.end()
        assert support.fresh("echoes").alive() == 0
    """

    @unittest.skipIf(sys.version_info < (3, 12), "not applicable: no interpreter has a GIL of its own before 3.12")
    @unittest.skipIf(sys.version_info[:3] == (3, 12, 1), "CPython 3.12.1 fails without our modules, too")
    def test_eight_loops_in_interpreters_with_their_own_gil_share_one_runtime(self):
        support.in_process(self.LOOPS.format(own_gil=True, count=8), timeout=120)

    def test_a_loop_in_a_legacy_interpreter(self):
        support.in_process(self.LOOPS.format(own_gil=False, count=1), timeout=120)

    def test_an_interpreter_ends_while_a_sleep_is_pending(self):
        support.in_process("""
            import time
            module = support.fresh("echoes")
            for milliseconds in (3_600_000, 20):
                interpreter = support.Interpreter(own_gil={own_gil})
                interpreter.run(f'''
                    import asyncio
                    module = support.fresh("echoes")
                    loop = asyncio.new_event_loop()
                    async def main():
                        tasks = [asyncio.ensure_future(sleep({{milliseconds}}))
                                 for sleep in (module.sleep, module.sleep_elsewhere) for _ in range(20)]
                        for task in tasks: task._log_destroy_pending = False
                        await asyncio.sleep(0)
                        return tasks
                    tasks = loop.run_until_complete(main())
                ''')
                interpreter.end()
                for _ in range(500):
                    if module.alive() == 0: break
                    time.sleep(0.01)
                assert module.alive() == 0, module.alive()
        """.replace("{own_gil}", str(sys.version_info >= (3, 13))).replace("{{milliseconds}}", "{milliseconds}"))


if __name__ == "__main__":
    unittest.main()
