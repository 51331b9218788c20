"""`verify()`: what it proves, and that it notices."""

import textwrap
import unittest

import support

#: Two interpreters that isolate.
TWO = """
import insula_isolate
read, write = os.pipe()
pair = [create(), create()]
for each in pair:
    run(each, "import insula_isolate; insula_isolate.install(); import plain, os; thing = ['an object']")
def both_end():
    for each in pair:
        end(each)
"""


def with_two(code):
    return support.in_process(TWO + textwrap.dedent(code))


class Verify(unittest.TestCase):
    def test_two_interpreters_that_share_nothing(self):
        said = with_two("""
            for each in pair:
                run(each, "plain.stash(thing); print(bool(insula_isolate.verify()), flush=True)")
            run(pair[0], "result = insula_isolate.verify(); print(result, flush=True); assert result.images and result.words")
            both_end()
        """)
        self.assertRegex(said, r"^False\nTrue\nisolated: [1-9]\d* words in the variables of [1-9]\d* images reach no object")

    def test_alone_it_proves_nothing_and_says_so(self):
        self.assertIn("call it in two", support.in_process("""
            isolated("import plain; print(insula_isolate.verify())")
        """))

    def test_an_address_of_another_interpreters_object_is_found(self):
        said = with_two("""
            run(pair[0], f"os.write({write}, b'%d' % id(thing)); insula_isolate.verify()")
            address = int(os.read(read, 100))
            run(pair[1], f"plain.point_at({address}); result = insula_isolate.verify(); print(bool(result), result, flush=True)")
            # The other one sees it, too.
            run(pair[0], "print(bool(insula_isolate.verify()), flush=True)")
            both_end()
        """)
        self.assertRegex(said, r"(?s)^False not isolated:\n.*plain.*holds the addresses of 1 objects of interpreter \d+\nFalse\n$")

    def test_what_another_interpreter_has_released_is_not_its_object(self):
        # On CPython 3.11 all interpreters share one allocator, so the place may be another's by now. Elsewhere each GIL
        # has an allocator of its own, and what an interpreter had when it last called verify() counts.
        said = with_two("""
            run(pair[0], f"rare = tuple([[]] * 57); os.write({write}, b'%d' % id(rare)); insula_isolate.verify(); del rare")
            address = int(os.read(read, 100))
            run(pair[1], f"plain.point_at({address}); print(bool(insula_isolate.verify()), flush=True)")
            both_end()
        """)
        self.assertEqual(said, f"{support.VERSION == (3, 11)}\n")

    @unittest.skipUnless(support.VERSION < (3, 12), "from CPython 3.12 on a place is not given to another GIL")
    def test_an_object_that_was_made_after_the_other_looked_is_not_what_it_saw(self):
        # The image of the second one pointed to the place before it was the first one's object. The places beside it stay
        # in use, so that the allocator keeps it for objects of this size; a new object may still go elsewhere, or an
        # object of the other interpreter into it, so another place is tried then.
        said = with_two("""
            run(pair[0], "rare = lambda: tuple([[]] * 57); kept = []")
            for _ in range(20):
                run(pair[0], "kept += [rare() for _ in range(100)]")
                run(pair[0], f"os.write({write}, b'%d' % id(kept[-50])); del kept[-50]; insula_isolate.verify()")
                address = int(os.read(read, 100))
                run(pair[1], f"plain.point_at({address}); insula_isolate.verify()")
                run(pair[0], f"kept += [rare() for _ in range(500)]; os.write({write}, b'%d' % ({address} in map(id, kept)))")
                if os.read(read, 1) == b"1":
                    break
            else:
                raise AssertionError("the place was not given out again")
            run(pair[0], "print(bool(insula_isolate.verify()), flush=True)")
            both_end()
        """)
        self.assertEqual(said, "True\n")

    def test_what_cpython_gives_to_all_interpreters_is_nobodys(self):
        # CPython 3.11 has one socket.gaierror for all of them; uvloop keeps it in a variable.
        said = with_two("""
            for _ in range(2):
                for each in pair:
                    run(each, "import socket; plain.stash(socket.gaierror); result = insula_isolate.verify()")
            for each in pair:
                run(each, "print(bool(result), flush=True)")
            both_end()
        """)
        self.assertEqual(said, "True\nTrue\n")

    def test_the_objects_of_the_main_interpreter_count(self):
        said = with_two("""
            thing = ["an object of the main interpreter"]
            assert not insula_isolate.verify()
            run(pair[0], "print(bool(insula_isolate.verify()), flush=True)")
            run(pair[0], f"plain.point_at({id(thing)}); print(insula_isolate.verify(), flush=True)")
            both_end()
        """)
        self.assertRegex(said, r"(?s)^True\nnot isolated:\n.*of interpreter 0\n$")

    def test_an_interpreter_that_has_ended_is_no_witness(self):
        self.assertEqual(support.in_process("""
            for _ in range(2):
                isolated("import plain; result = insula_isolate.verify(); print(bool(result), len(result.interpreters))")
        """), "False 1\n" * 2)

    def test_no_object_is_asked_anything(self):
        said = with_two("""
            for each in pair:
                run(each, '''
                    import sys, weakref
                    def asked(*args):
                        raise LookupError("an object was asked")
                    class Meta(type):
                        __getattribute__ = asked
                    class Asked(metaclass=Meta):
                        __getattribute__ = asked
                    class Thing:
                        pass
                    class Lazy(type(sys)):
                        __getattribute__ = asked
                    thing = Thing()
                    kept = [weakref.proxy(thing), Asked(), Asked]
                    del thing
                    sys.modules["lazy"], sys.modules["asked"] = Lazy("lazy"), kept[1]
                    result = insula_isolate.verify()
                ''')
            run(pair[1], "print(bool(result), flush=True)")
            both_end()
        """)
        self.assertEqual(said, "True\n")

    def test_the_main_interpreter_asks_no_module_anything(self):
        self.assertEqual(support.in_process("""
            import sys, insula_isolate
            class Lazy(type(sys)):
                def __getattribute__(self, name):
                    raise LookupError("a module was asked")
            sys.modules["lazy"] = Lazy("lazy")
            print("lazy" in [each.name for each in insula_isolate.report()])
        """), "False\n")

    def test_the_interpreter_goes_on_after_coroutines_were_run(self):
        # The _asyncio of CPython 3.12.1 keeps freed objects and shows them to who asks for its referents.
        self.assertEqual(support.in_process("""
            import asyncio, gc, insula_isolate
            async def sleep():
                await asyncio.sleep(0.001)
                await asyncio.sleep(0.001)
            asyncio.run(sleep())
            insula_isolate.verify()
            gc.collect()
            print("collected")
        """), "collected\n")


if __name__ == "__main__":
    unittest.main()
