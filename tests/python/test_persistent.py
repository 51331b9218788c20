"""The persistent map, set and list of insula-hamt, compared with dictionaries, sets and lists."""

import gc
import random
import sys
import unittest
import weakref

import support

module = support.fresh("hamt")
hamt, hset, hlist = module.hamt, module.hset, module.hlist


class Key:
    """Few different hashes, so that keys share places down to the last level."""

    def __init__(self, n, hash):
        self.n, self.hash = n, hash

    def __hash__(self):
        return self.hash

    def __eq__(self, other):
        return isinstance(other, Key) and self.n == other.n

    def __repr__(self):
        return f"Key({self.n})"


def keys_of(rng, count):
    spread = rng.choice([1, 3, 40, 1 << 12, 1 << 60])
    return [Key(n, rng.choice([n, n << 32, n * 32, n % 3]) % spread) for n in range(count)]


class Maps(unittest.TestCase):
    def test_an_update_is_what_single_changes_are(self):
        for seed in range(60):
            with self.subTest(seed=seed):
                rng = random.Random(seed)
                keys = keys_of(rng, rng.choice([1, 2, 3, 40, 700]))
                start = [(rng.choice(keys), rng.randrange(5)) for _ in range(rng.randrange(len(keys) + 1))]
                more = [(rng.choice(keys), rng.randrange(5)) for _ in range(rng.randrange(2 * len(keys) + 1))]
                one_by_one = hamt()
                for key, value in start:
                    one_by_one = one_by_one.set(key, value)
                at_once = hamt().update(start)
                self.assertEqual(at_once, one_by_one)
                self.assertEqual(dict(at_once.pairs()), dict(start))
                before = at_once.pairs()
                after = at_once.update(more)
                for key, value in more:
                    one_by_one = one_by_one.set(key, value)
                # Equal maps have equal nodes, so that even the order is the same; but not below one hash.
                self.assertEqual(after, one_by_one)
                self.assertEqual(sorted(map(repr, after.pairs())), sorted(map(repr, one_by_one.pairs())))
                self.assertEqual(len(after), len({**dict(start), **dict(more)}))
                self.assertEqual(at_once.pairs(), before)
                self.assertEqual(list(after.items()), after.pairs())
                for key in keys:
                    after = after.delete(key)
                self.assertEqual(len(after), 0)

    def test_an_update_that_changes_nothing_gives_the_same_map(self):
        pairs = [(Key(n, n % 7), n % 3) for n in range(300)]
        map = hamt().update(pairs)
        self.assertIs(map.update(pairs), map)
        self.assertIs(map.update([]), map)
        self.assertIsNot(map.update([(pairs[7][0], "other")]), map)

    def fails_after(self, pair):
        yield pair
        raise LookupError("from the iterable")

    def test_an_update_that_fails_leaves_the_map_as_it_was(self):
        class Refuses(Key):
            def __eq__(self, other):
                raise LookupError("no comparison")

            __hash__ = Key.__hash__

        map = hamt().update((n, n) for n in range(100))
        before = map.pairs()
        for bad in (
            [(1000, 1), (Refuses(1, 5), 2)],
            [(1000, 1), 7],
            [(1000, 1), ([], 7)],
            self.fails_after((1000, 1)),
        ):
            with self.assertRaises((LookupError, TypeError)):
                map.update(bad)
            self.assertEqual(map.pairs(), before)
            self.assertNotIn(1000, map)

    def test_a_comparison_may_look_at_the_map_and_change_it(self):
        current = [hamt()]

        class Looks(Key):
            def __eq__(self, other):
                current[0] = current[0].update([(n, "from __eq__") for n in range(5)])
                gc.collect(0)
                list(current[0].items())
                return super().__eq__(other)

            __hash__ = Key.__hash__

        keys = [Looks(n, n % 2) for n in range(40)]
        map = hamt().update((key, key.n) for key in keys)
        self.assertEqual(sorted(value for _, value in map.pairs()), list(range(40)))

    def test_a_key_is_asked_for_its_hash_once_and_compared_with_those_of_the_same(self):
        asked, compared = [], []

        class Counts(Key):
            def __hash__(self):
                asked.append(self.n)
                return self.hash

            def __eq__(self, other):
                compared.append((self.n, other.n))
                return super().__eq__(other)

        # All at one place of each level but the last, where two by two have the same hash.
        keys = [Counts(n, (n // 2) << 30) for n in range(8)]
        one_by_one = hamt()
        for key in keys:
            one_by_one = one_by_one.set(key, key.n)
        self.assertEqual((len(one_by_one), asked), (8, list(range(8))))
        self.assertEqual({frozenset(pair) for pair in compared}, {frozenset((n, n + 1)) for n in range(0, 8, 2)})
        asked.clear()
        at_once = hamt().update((key, key.n) for key in keys)
        self.assertEqual(asked, list(range(8)))
        asked.clear()
        self.assertEqual(at_once, one_by_one)
        ours = hset(keys)
        asked.clear()
        self.assertEqual((hash(ours), ours), (hash(ours), ours))
        self.assertEqual(asked, [])

    def test_an_update_shares_what_it_does_not_touch(self):
        map = hamt().update((n, n) for n in range(20_000))
        gc.collect()
        objects = len(gc.get_objects())
        other = map.update([(7, "seven")])
        self.assertLess(len(gc.get_objects()) - objects, 10)
        self.assertEqual((other[7], map[7], len(other)), ("seven", 7, 20_000))

    def test_a_clone_is_equal_and_goes_its_own_way(self):
        map = hamt().update((n, n) for n in range(500))
        clone = map.clone()
        self.assertEqual(clone, map)
        changed = clone.set("new", 1)
        self.assertNotIn("new", map)
        self.assertEqual((len(map), len(clone), len(changed)), (500, 500, 501))

    def test_cycles_through_a_map_that_was_made_at_once_are_collected(self):
        class Holder:
            pass

        holder = Holder()
        holder.map = hamt().update([(n, holder) for n in range(200)])
        gone = weakref.ref(holder)
        del holder
        gc.collect()
        self.assertIsNone(gone())

    def test_references_are_counted_once(self):
        value = object()
        before = sys.getrefcount(value)
        map = hamt().update([(n, value) for n in range(1000)])
        self.assertEqual(sys.getrefcount(value), before + 1000)
        again = map.update([(n, None) for n in range(1000)])
        self.assertEqual(sys.getrefcount(value), before + 1000)
        del map
        self.assertEqual(sys.getrefcount(value), before)
        self.assertEqual(len(again), 1000)


class Sets(unittest.TestCase):
    def test_sets_behave_as_python_sets(self):
        for seed in range(40):
            with self.subTest(seed=seed):
                rng = random.Random(seed)
                keys = keys_of(rng, rng.choice([1, 3, 40, 300]))
                ours, model = hset(), set()
                for _ in range(200):
                    key = rng.choice(keys)
                    match rng.randrange(5):
                        case 0:
                            self.assertEqual(ours.insert(key) is ours, key in model)
                            ours = ours.insert(key)
                            model = model | {key}
                        case 1:
                            self.assertEqual(ours.remove(key) is ours, key not in model)
                            ours, model = ours.remove(key), model - {key}
                        case 2:
                            more = rng.choices(keys, k=rng.randrange(20))
                            ours, model = ours.update(more), model | set(more)
                        case 3:
                            other = rng.choices(keys, k=rng.randrange(60))
                            both = ours & hset(other)
                            self.assertEqual(set(both), model & set(other))
                            self.assertLessEqual(both, ours)
                        case 4:
                            self.assertEqual(key in ours, key in model)
                    self.assertEqual((set(ours), len(ours)), (model, len(model)))
                items = list(model)
                rng.shuffle(items)
                same = hset(items)
                self.assertEqual(same, ours)
                self.assertEqual(hash(same), hash(ours))

    def test_the_item_that_is_there_stays(self):
        first, second = Key(1, 1), Key(1, 1)
        for ours in (hset([first]).insert(second), hset([first]).update([second]), hset([first, second])):
            self.assertIs(next(iter(ours)), first)

    def test_hashes_differ_where_sets_do(self):
        hashes = {hash(hset(range(n))) for n in range(200)} | {hash(hset([n])) for n in range(2, 200)}
        self.assertEqual(len(hashes), 398)


class Lists(unittest.TestCase):
    def test_lists_behave_as_python_lists(self):
        ours, model = hlist(), []
        rng = random.Random(1)
        for n in range(500):
            if model and rng.random() < 0.3:
                self.assertIs(ours.first, model[0])
                ours, model = ours.rest, model[1:]
            else:
                ours, model = ours.push_front(n), [n, *model]
            self.assertEqual((list(ours), len(ours)), (model, len(model)))
        self.assertEqual(list(reversed(ours)), model[::-1])
        self.assertEqual(reversed(reversed(ours)), ours)
        self.assertNotEqual(ours, ours.rest)
        with self.assertRaises(IndexError):
            hlist().first
        self.assertEqual(len(hlist().rest), 0)

    def test_a_list_of_a_million_dies(self):
        support.in_process(
            """
            hlist = support.fresh("hamt").hlist
            ours = hlist()
            for n in range(1_000_000):
                ours = ours.push_front(n)
            assert len(ours) == 1_000_000
            del ours
            """
        )

    def test_cycles_through_a_list_are_collected(self):
        class Holder:
            pass

        holder = Holder()
        holder.list = hlist().push_front(holder).push_front(1)
        gone = weakref.ref(holder)
        del holder
        gc.collect()
        self.assertIsNone(gone())


if __name__ == "__main__":
    unittest.main()
