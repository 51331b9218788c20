"""Memory that is used again (`freelist`), and places that are remembered (`Memo`): what was there before must not shine through."""

import gc
import sys
import sysconfig
import unittest
import weakref

import support

# Several threads could come to a list at once.
WITH_LISTS = not sysconfig.get_config_var("Py_GIL_DISABLED")


class FreeLists(unittest.TestCase):
    def setUp(self):
        self.module = support.fresh("guards")

    def both(self):
        return self.module.Pooled, self.module.make_pooled

    def test_the_memory_of_a_dead_instance_is_used_again(self):
        for make in self.both():
            first = make("a", 1)
            address = id(first)
            del first
            # Another object of the size would take what the allocator got back.
            others = [self.module.Counter(None, i) for i in range(20)]
            self.assertEqual(id(make("b", 2)) == address, WITH_LISTS)
            self.assertNotIn(address, map(id, others))

    def test_a_new_instance_is_new(self):
        for make in self.both():
            value = ["before"]
            before = sys.getrefcount(value)
            first = make(value, 41)
            seen = []
            ref = weakref.ref(first, lambda _: seen.append(first_address))
            first_address = id(first)
            kinds = gc.get_referents(first)
            self.assertEqual(kinds.count(self.module.Pooled), 1)
            del first, kinds
            self.assertIsNone(ref())
            self.assertEqual((seen, sys.getrefcount(value)), ([first_address], before))
            types = support.references(self.module.Pooled)
            second = make(None, 42)
            other = self.module.Counter(None, 1)
            self.assertEqual((second.value, second.number), (None, 42))
            self.assertEqual(sys.getrefcount(second), sys.getrefcount(other))
            self.assertTrue(gc.is_tracked(second))
            self.assertEqual(weakref.getweakrefcount(second), 0)
            self.assertIsNone(ref())
            self.assertEqual(support.references(self.module.Pooled), types + 1)
            del second
            self.assertEqual(support.references(self.module.Pooled), types)

    def test_the_list_is_bounded(self):
        many = [self.module.make_pooled(None, i) for i in range(50)]
        addresses = [id(each) for each in many]
        for i in range(50):
            many[i] = None
        again = [self.module.make_pooled(None, i) for i in range(3)]
        if WITH_LISTS:
            # Those that died first were kept; last in, first out.
            self.assertEqual([id(each) for each in again], addresses[2::-1])

    def test_subclasses_and_other_copies_have_no_part_in_it(self):
        class Larger(self.module.Pooled):
            __slots__ = ("a", "b", "c")

        other = support.fresh("guards")
        dead = self.module.make_pooled(None, 1)
        address = id(dead)
        del dead
        larger, foreign = Larger(None, 2), other.make_pooled(None, 3)
        self.assertNotIn(address, (id(larger), id(foreign)))
        larger.a = larger.c = "text"
        address = id(larger)
        del larger
        kept = [self.module.make_pooled(None, i) for i in range(5)]
        self.assertNotIn(address, map(id, kept))

    def test_a_collected_cycle_gives_its_memory(self):
        addresses = set()
        for i in range(20):
            one, two = self.module.Pooled(None, i), self.module.make_pooled(None, i)
            one.value, two.value = two, one
            addresses |= {id(one), id(two)}
            ref = weakref.ref(one)
            del one, two
            gc.collect()
            self.assertIsNone(ref())
        if WITH_LISTS:
            self.assertEqual(len(addresses), 2)

    def test_a_finaliser_that_makes_another_in_the_middle(self):
        support.in_process("""
            module = support.fresh("guards")
            made = []
            class Reenter:
                def __del__(self): made.append(module.make_pooled(self.__dict__, 1))
            for i in range(200):
                pooled = module.make_pooled(Reenter(), i)
                del pooled
                if i % 7 == 0: made.clear()
            assert len({id(each) for each in made}) == len(made)
            chain = None
            for i in range(100_000): chain = module.make_pooled(chain, i)
            del chain
            assert module.make_pooled(None, 5).value is None
        """)

    def test_the_list_dies_with_its_module(self):
        """Also when the collector has cleared the class before; every block goes back to the allocator."""
        support.in_process("""
            import gc, sys, ctypes
            clear = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object)(ctypes.c_void_p.from_address(id(type) + support.TP_CLEAR).value)
            def once(cleared):
                module = support.fresh("guards")
                many = [module.make_pooled(None, i) for i in range(3)]
                kept = module.make_pooled(None, 3)
                many.clear()
                if cleared:
                    clear(type(kept))
                del kept, module, many
                gc.collect()
            for cleared in (False, True):
                # CPython's own caches fill up first.
                for _ in range(300): once(cleared)
                before = sys.getallocatedblocks()
                for _ in range(300): once(cleared)
                grown = sys.getallocatedblocks() - before
                assert grown < 450, (cleared, grown)
        """)


class Memos(unittest.TestCase):
    def setUp(self):
        self.module = support.fresh("guards")

    def test_is_not_searched_twice_in_a_row(self):
        key, value = self.module.Key(), object()
        table = self.module.Table([(1, 2), (key, value)])
        for _ in range(5):
            self.assertIs(key.of(table), value)
        self.assertEqual(key.searches, 1)

    def test_tables_of_one_address_are_told_apart(self):
        """The dead one's value is not found in the next, whose address is the same."""
        support.in_process("""
            module = support.fresh("guards")
            other = support.fresh("guards")
            key, addresses = module.Key(), set()
            for i in range(2000):
                value = [i]
                made = (module if i % 3 else other).Table
                table = module.Table([(key, value)])
                addresses.add(id(table))
                assert key.of(table) is value, i
                del value, table
                junk = [[j] for j in range(3)]
            assert len(addresses) < 2000
            assert key.of(module.Table([])) is None
        """)

    def test_keeps_nothing_alive(self):
        class Value:
            pass

        key, value = self.module.Key(), Value()
        table = self.module.Table([(key, value)])
        self.assertIs(key.of(table), value)
        ref = weakref.ref(value)
        del value, table
        self.assertIsNone(ref())

    def test_several_tables_and_copies_of_the_module(self):
        key, foreign = self.module.Key(), support.fresh("guards").Key()
        values = [object() for _ in range(50)]
        tables = [self.module.Table([(key, value), (foreign, value)]) for value in values]
        for _ in range(2):
            for table, value in zip(tables, values):
                self.assertIs(key.of(table), value)
                self.assertIs(key.of(table), value)
        self.assertEqual(key.searches, 100)


if __name__ == "__main__":
    unittest.main()
