//! One function for each operation on dicts, lists, tuples and sets: `tests/python/test_objects.py` calls them.

#![forbid(unsafe_code)]

/// One function for each operation on dicts, lists, tuples and sets.
#[insula::module]
mod containers {
    use insula::prelude::*;

    // Rust's own

    /// What is left in Rust's containers after they were cleared: nothing, although `Trace` is in scope.
    #[function]
    fn cleared<'py>(object: &Obj<'py>) -> Vec<usize> {
        use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
        let (mut text, mut bytes, mut objects) = ("abc".to_owned(), vec![1_u8], vec![object.clone()]);
        let (mut map, mut set) = (HashMap::from([(1, 2)]), HashSet::from([1]));
        let (mut tree, mut queue) = (BTreeMap::from([(1, object.clone())]), VecDeque::from([1]));
        let guarded = Guarded::new(vec![object.clone()]);
        text.clear();
        bytes.clear();
        objects.clear();
        map.clear();
        set.clear();
        tree.clear();
        queue.clear();
        let left = guarded.try_borrow_mut().map(|mut objects| {
            objects.clear();
            objects.len()
        });
        let left = left.unwrap_or(usize::MAX);
        vec![text.len(), bytes.len(), objects.len(), map.len(), set.len(), tree.len(), queue.len(), left]
    }

    /// What is left of an iterator, and what came before: an instance holds both as Rust has them.
    #[class]
    struct Rest<'py> {
        rest: Guarded<'py, std::vec::IntoIter<Obj<'py>>>,
        seen: Guarded<'py, std::collections::HashSet<String>>,
    }

    #[methods]
    impl<'py> Rest<'py> {
        #[new]
        fn new(items: Vec<Obj<'py>>) -> Self {
            Rest { rest: Guarded::new(items.into_iter()), seen: Guarded::new(Default::default()) }
        }
        fn __iter__(slf: &Obj<'py, Self>) -> Obj<'py, Self> {
            slf.clone()
        }
        fn __next__(&self) -> PyResult<'py, Option<Obj<'py>>> {
            let next = self.rest.try_borrow_mut()?.next();
            if let Some(next) = &next {
                self.seen.try_borrow_mut()?.insert(next.type_name());
            }
            Ok(next)
        }
        #[getter]
        fn seen(&self) -> PyResult<'py, std::collections::HashSet<String>> {
            Ok(self.seen.try_borrow()?.clone())
        }
    }

    // dict

    #[function]
    fn dict_of<'py>(py: Py<'py>, keys: Vec<Obj<'py>>, values: Vec<Obj<'py>>) -> PyResult<'py, Obj<'py, Dict>> {
        Dict::of(py, keys.into_iter().zip(values))
    }
    #[function]
    fn dict_get<'py>(dict: &Obj<'py, Dict>, key: &Obj<'py>) -> PyResult<'py, Option<Obj<'py>>> {
        dict.get(key)
    }
    #[function]
    fn dict_set<'py>(dict: &Obj<'py, Dict>, key: &Obj<'py>, value: &Obj<'py>) -> PyResult<'py, ()> {
        dict.set(key, value)
    }
    #[function]
    fn dict_del<'py>(dict: &Obj<'py, Dict>, key: &Obj<'py>) -> PyResult<'py, ()> {
        dict.del(key)
    }
    #[function]
    fn dict_contains<'py>(dict: &Obj<'py, Dict>, key: &Obj<'py>) -> PyResult<'py, bool> {
        dict.contains(key)
    }
    #[function]
    fn dict_len(dict: &Obj<'_, Dict>) -> (usize, bool) {
        (dict.len(), dict.is_empty())
    }
    #[function]
    fn dict_copy<'py>(dict: &Obj<'py, Dict>) -> PyResult<'py, Obj<'py, Dict>> {
        dict.copy()
    }
    #[function]
    fn dict_clear(dict: &Obj<'_, Dict>) {
        dict.clear();
    }
    #[function]
    fn dict_update<'py>(dict: &Obj<'py, Dict>, other: &Obj<'py>) -> PyResult<'py, ()> {
        dict.update(other)
    }
    #[function]
    fn dict_lists<'py>(dict: &Obj<'py, Dict>) -> PyResult<'py, [Obj<'py, List>; 3]> {
        Ok([dict.keys()?, dict.values()?, dict.items()?])
    }
    #[function]
    fn dict_setdefault<'py>(dict: &Obj<'py, Dict>, key: &Obj<'py>, value: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
        dict.setdefault(key, value)
    }
    #[function]
    fn dict_pop<'py>(dict: &Obj<'py, Dict>, key: &Obj<'py>) -> PyResult<'py, Option<Obj<'py>>> {
        dict.pop(key)
    }
    #[function]
    fn dict_get_or_insert<'py>(dict: &Obj<'py, Dict>, key: &Obj<'py>, make: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
        dict.get_or_insert_with(key, || make.call0())
    }
    /// Calls `function(key, value)` for each item.
    #[function]
    fn dict_each<'py>(dict: &Obj<'py, Dict>, function: &Obj<'py>) -> PyResult<'py, usize> {
        let mut count = 0;
        for (key, value) in dict.iter() {
            function.call((key, value))?;
            count += 1;
        }
        Ok(count)
    }

    // list

    #[function]
    fn list_new<'py>(py: Py<'py>, items: &Obj<'py, Tuple>) -> PyResult<'py, Obj<'py, List>> {
        List::new(py, items.iter())
    }
    #[function]
    fn list_from<'py>(iterable: &Obj<'py>) -> PyResult<'py, Obj<'py, List>> {
        List::from_iterable(iterable)
    }
    #[function]
    fn list_append<'py>(list: &Obj<'py, List>, item: &Obj<'py>) -> PyResult<'py, ()> {
        list.append(item)
    }
    #[function]
    fn list_insert<'py>(list: &Obj<'py, List>, index: usize, item: &Obj<'py>) -> PyResult<'py, ()> {
        list.insert(index, item)
    }
    #[function]
    fn list_get<'py>(list: &Obj<'py, List>, index: usize) -> Option<Obj<'py>> {
        list.get(index)
    }
    #[function]
    fn list_set<'py>(list: &Obj<'py, List>, index: usize, item: &Obj<'py>) -> PyResult<'py, ()> {
        list.set(index, item)
    }
    #[function]
    fn list_del<'py>(list: &Obj<'py, List>, index: usize) -> PyResult<'py, ()> {
        list.del(index)
    }
    #[function]
    fn list_extend<'py>(list: &Obj<'py, List>, other: &Obj<'py>) -> PyResult<'py, ()> {
        list.extend(other)
    }
    #[function]
    fn list_sort<'py>(list: &Obj<'py, List>) -> PyResult<'py, ()> {
        list.sort()
    }
    #[function]
    fn list_reverse(list: &Obj<'_, List>) -> (usize, bool) {
        list.reverse();
        (list.len(), list.is_empty())
    }
    #[function]
    fn list_slice<'py>(list: &Obj<'py, List>, start: usize, end: usize) -> PyResult<'py, Obj<'py, List>> {
        list.slice(start, end)
    }
    #[function]
    fn list_to_tuple<'py>(list: &Obj<'py, List>) -> PyResult<'py, Obj<'py, Tuple>> {
        list.to_tuple()
    }
    /// Calls `function(item)` for each item.
    #[function]
    fn list_each<'py>(list: &Obj<'py, List>, function: &Obj<'py>) -> PyResult<'py, usize> {
        let mut count = 0;
        for item in list {
            function.call_one(&item)?;
            count += 1;
        }
        Ok(count)
    }

    // tuple

    #[function]
    fn tuple_from<'py>(iterable: &Obj<'py>) -> PyResult<'py, Obj<'py, Tuple>> {
        Tuple::from_iterable(iterable)
    }
    #[function]
    fn tuple_reversed<'py>(tuple: &Obj<'py, Tuple>) -> PyResult<'py, Obj<'py, Tuple>> {
        let mut items: Vec<_> = tuple.iter().collect();
        items.reverse();
        Tuple::new(tuple.py(), items)
    }
    #[function]
    fn tuple_slice<'py>(tuple: &Obj<'py, Tuple>, start: usize, end: usize) -> PyResult<'py, Obj<'py, Tuple>> {
        tuple.slice(start, end)
    }
    #[function]
    fn tuple_to_list<'py>(tuple: &Obj<'py, Tuple>) -> PyResult<'py, Obj<'py, List>> {
        tuple.to_list()
    }

    // set and frozenset

    #[function]
    fn set_new<'py>(py: Py<'py>, items: Vec<Obj<'py>>) -> PyResult<'py, Obj<'py, Set>> {
        Set::new(py, items)
    }
    #[function]
    fn frozenset_new<'py>(py: Py<'py>, items: Vec<Obj<'py>>) -> PyResult<'py, Obj<'py, FrozenSet>> {
        FrozenSet::new(py, items)
    }
    #[function]
    fn set_add<'py>(set: &Obj<'py, Set>, item: &Obj<'py>) -> PyResult<'py, ()> {
        set.add(item)
    }
    #[function]
    fn set_discard<'py>(set: &Obj<'py, Set>, item: &Obj<'py>) -> PyResult<'py, bool> {
        set.discard(item)
    }
    #[function]
    fn set_pop<'py>(set: &Obj<'py, Set>) -> PyResult<'py, Option<Obj<'py>>> {
        set.pop()
    }
    #[function]
    fn set_clear(set: &Obj<'_, Set>) {
        set.clear();
    }
    #[function]
    fn set_contains<'py>(set: &Obj<'py, Set>, item: &Obj<'py>) -> PyResult<'py, bool> {
        set.contains(item)
    }
    #[function]
    fn frozenset_contains<'py>(set: &Obj<'py, FrozenSet>, item: &Obj<'py>) -> PyResult<'py, (usize, bool)> {
        Ok((set.len(), set.contains(item)?))
    }
    #[function]
    fn set_each<'py>(set: &Obj<'py, Set>, function: &Obj<'py>) -> PyResult<'py, usize> {
        for item in set.iter()? {
            function.call_one(&item?)?;
        }
        Ok(set.len())
    }
}
