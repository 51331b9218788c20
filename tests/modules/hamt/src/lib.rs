//! The persistent map of `insula-hamt` as a Python class, with the methods of CPython's own `_testinternalcapi.hamt`.

#![forbid(unsafe_code)]

/// A persistent map.
#[insula::module]
mod hamt {
    use insula::prelude::*;
    use insula_hamt::{Change, Host, Iter, Link, List, Map, Node, Set};

    #[state]
    struct State;

    /// A node that several maps share.
    #[class(hidden)]
    struct Shared<'py> {
        node: Node<'py, Shared<'py>>,
    }

    impl<'py> AsRef<Node<'py, Shared<'py>>> for Shared<'py> {
        fn as_ref(&self) -> &Node<'py, Shared<'py>> {
            &self.node
        }
    }

    #[derive(Clone, Copy)]
    struct Keys<'py>(Cx<'py, State>);

    impl<'py> Host<'py> for Keys<'py> {
        type Shared = Shared<'py>;
        fn share(self, node: Node<'py, Shared<'py>>) -> PyResult<'py, Obj<'py, Shared<'py>>> {
            self.0.new(Shared { node })
        }
    }

    /// An immutable mapping.
    #[class(name = "hamt", weakref)]
    struct Hamt<'py> {
        map: Map<'py, Shared<'py>>,
    }

    impl<'py> AsRef<Map<'py, Shared<'py>>> for Hamt<'py> {
        fn as_ref(&self) -> &Map<'py, Shared<'py>> {
            &self.map
        }
    }

    impl<'py> Hamt<'py> {
        fn changed(
            slf: &Obj<'py, Self>,
            cx: Cx<'py, State>,
            change: Change<'py, Shared<'py>>,
        ) -> PyResult<'py, Obj<'py, Self>> {
            change.map.map_or_else(|| Ok(slf.clone()), |map| cx.new(Hamt { map }))
        }

        fn iterate(slf: &Obj<'py, Self>, cx: Cx<'py, State>, what: What) -> PyResult<'py, Obj<'py, Items<'py>>> {
            cx.new(Items { entries: Iter::new(Some(slf.clone())), len: slf.map.len(), what })
        }
    }

    #[methods]
    impl<'py> Hamt<'py> {
        #[new]
        fn new() -> Self {
            Hamt { map: Map::new() }
        }
        fn set(
            slf: &Obj<'py, Self>,
            cx: Cx<'py, State>,
            key: &Obj<'py>,
            value: &Obj<'py>,
        ) -> PyResult<'py, Obj<'py, Hamt<'py>>> {
            Self::changed(slf, cx, slf.map.insert(Keys(cx), key, value)?)
        }
        /// With the pairs of an iterable, the later ones last.
        fn update(slf: &Obj<'py, Self>, cx: Cx<'py, State>, pairs: &Obj<'py>) -> PyResult<'py, Obj<'py, Hamt<'py>>> {
            let pairs = pairs.iter()?.map(|pair| pair?.extract::<(Obj<'py>, Obj<'py>)>());
            let map = slf.map.extended(cx.py(), Keys(cx), pairs)?;
            Self::changed(slf, cx, Change { map, before: None })
        }
        fn clone(&self, cx: Cx<'py, State>) -> PyResult<'py, Obj<'py, Hamt<'py>>> {
            cx.new(Hamt { map: self.map.clone() })
        }
        /// What Rust's own iterator lends.
        fn pairs(&self) -> Vec<(Obj<'py>, Obj<'py>)> {
            let pairs = self.map.iter();
            assert_eq!(pairs.len(), self.map.len());
            pairs.map(|(_, key, value)| (key.clone(), value.clone())).collect()
        }
        fn delete(slf: &Obj<'py, Self>, cx: Cx<'py, State>, key: &Obj<'py>) -> PyResult<'py, Obj<'py, Hamt<'py>>> {
            Self::changed(slf, cx, slf.map.remove(Keys(cx), key)?)
        }
        #[method(signature = (key, default = None, /))]
        fn get(
            &self,
            cx: Cx<'py, State>,
            key: &Obj<'py>,
            default: Option<&Obj<'py>>,
        ) -> PyResult<'py, Option<Obj<'py>>> {
            Ok(self.map.get(Keys(cx), key)?.or(default).cloned())
        }
        fn __getitem__(&self, cx: Cx<'py, State>, key: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
            self.map.get(Keys(cx), key)?.cloned().ok_or_else(|| KeyError::new_err(key.py(), key))
        }
        fn __contains__(&self, cx: Cx<'py, State>, key: &Obj<'py>) -> PyResult<'py, bool> {
            Ok(self.map.get(Keys(cx), key)?.is_some())
        }
        fn __len__(&self) -> usize {
            self.map.len()
        }
        fn __eq__(&self, cx: Cx<'py, State>, other: &Obj<'py, Hamt<'py>>) -> PyResult<'py, bool> {
            self.map.equals(Keys(cx), &other.map)
        }
        fn __iter__(slf: &Obj<'py, Self>, cx: Cx<'py, State>) -> PyResult<'py, Obj<'py, Items<'py>>> {
            Self::iterate(slf, cx, What::Keys)
        }
        fn keys(slf: &Obj<'py, Self>, cx: Cx<'py, State>) -> PyResult<'py, Obj<'py, Items<'py>>> {
            Self::iterate(slf, cx, What::Keys)
        }
        fn values(slf: &Obj<'py, Self>, cx: Cx<'py, State>) -> PyResult<'py, Obj<'py, Items<'py>>> {
            Self::iterate(slf, cx, What::Values)
        }
        fn items(slf: &Obj<'py, Self>, cx: Cx<'py, State>) -> PyResult<'py, Obj<'py, Items<'py>>> {
            Self::iterate(slf, cx, What::Items)
        }
    }

    #[derive(Clone, Copy)]
    enum What {
        Keys,
        Values,
        Items,
    }

    /// An iterator over a map.
    #[class]
    struct Items<'py> {
        entries: Iter<'py, Shared<'py>, Hamt<'py>>,
        len: usize,
        what: What,
    }

    #[methods]
    impl<'py> Items<'py> {
        fn __iter__(slf: &Obj<'py, Self>) -> Obj<'py, Self> {
            slf.clone()
        }
        fn __len__(&self) -> usize {
            self.len
        }
        fn __next__(&self, py: Py<'py>) -> PyResult<'py, Option<Obj<'py>>> {
            let next = self.entries.next(|key, value| match self.what {
                What::Keys => Ok(key.clone()),
                What::Values => Ok(value.clone()),
                What::Items => (key, value).into_py(py),
            });
            next.transpose()
        }
    }

    /// An immutable set.
    #[class(name = "hset", weakref)]
    struct HashSet<'py> {
        set: Set<'py, Shared<'py>>,
    }

    impl<'py> HashSet<'py> {
        fn changed(
            slf: &Obj<'py, Self>,
            cx: Cx<'py, State>,
            set: Option<Set<'py, Shared<'py>>>,
        ) -> PyResult<'py, Obj<'py, Self>> {
            set.map_or_else(|| Ok(slf.clone()), |set| cx.new(HashSet { set }))
        }
    }

    #[methods]
    impl<'py> HashSet<'py> {
        #[new(signature = (items = None, /))]
        fn new(cx: Cx<'py, State>, items: Option<&Obj<'py>>) -> PyResult<'py, Self> {
            let set = match items {
                Some(items) => Set::new().extended(cx.py(), Keys(cx), items.iter()?)?.unwrap_or_default(),
                None => Set::new(),
            };
            Ok(HashSet { set })
        }
        fn insert(slf: &Obj<'py, Self>, cx: Cx<'py, State>, item: &Obj<'py>) -> PyResult<'py, Obj<'py, HashSet<'py>>> {
            Self::changed(slf, cx, slf.set.insert(Keys(cx), item)?)
        }
        fn remove(slf: &Obj<'py, Self>, cx: Cx<'py, State>, item: &Obj<'py>) -> PyResult<'py, Obj<'py, HashSet<'py>>> {
            Self::changed(slf, cx, slf.set.remove(Keys(cx), item)?)
        }
        fn update(slf: &Obj<'py, Self>, cx: Cx<'py, State>, items: &Obj<'py>) -> PyResult<'py, Obj<'py, HashSet<'py>>> {
            Self::changed(slf, cx, slf.set.extended(cx.py(), Keys(cx), items.iter()?)?)
        }
        fn __and__(
            slf: &Obj<'py, Self>,
            cx: Cx<'py, State>,
            other: &Obj<'py, HashSet<'py>>,
        ) -> PyResult<'py, Obj<'py, HashSet<'py>>> {
            let both = slf.set.filtered(cx.py(), Keys(cx), |item| other.set.contains(Keys(cx), item))?;
            Self::changed(slf, cx, both)
        }
        fn __contains__(&self, cx: Cx<'py, State>, item: &Obj<'py>) -> PyResult<'py, bool> {
            self.set.contains(Keys(cx), item)
        }
        fn __len__(&self) -> usize {
            self.set.len()
        }
        fn __iter__(&self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
            let items: Vec<Obj<'py>> = self.set.iter().cloned().collect();
            Ok(items.into_py(py)?.iter()?.into_any())
        }
        fn __le__(&self, cx: Cx<'py, State>, other: &Obj<'py, HashSet<'py>>) -> PyResult<'py, bool> {
            self.set.is_subset(Keys(cx), &other.set)
        }
        fn __eq__(&self, cx: Cx<'py, State>, other: &Obj<'py, HashSet<'py>>) -> PyResult<'py, bool> {
            self.set.equals(Keys(cx), &other.set)
        }
        fn __hash__(&self) -> isize {
            self.set.hash()
        }
    }

    /// An item of lists, and the rest.
    #[class(hidden)]
    struct Linked<'py> {
        link: Link<'py, Linked<'py>>,
    }

    impl<'py> AsRef<Link<'py, Linked<'py>>> for Linked<'py> {
        fn as_ref(&self) -> &Link<'py, Linked<'py>> {
            &self.link
        }
    }

    /// An immutable list.
    #[class(name = "hlist", weakref)]
    struct Linear<'py> {
        list: List<'py, Linked<'py>>,
    }

    #[methods]
    impl<'py> Linear<'py> {
        #[new]
        fn new() -> Self {
            Linear { list: List::new() }
        }
        fn push_front(&self, cx: Cx<'py, State>, item: &Obj<'py>) -> PyResult<'py, Obj<'py, Linear<'py>>> {
            let list = self.list.push_front(item, |link| cx.new(Linked { link }))?;
            cx.new(Linear { list })
        }
        #[getter]
        fn first(&self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
            self.list.first().cloned().ok_or_else(|| IndexError::new_err(py, "the list is empty"))
        }
        #[getter]
        fn rest(&self, cx: Cx<'py, State>) -> PyResult<'py, Obj<'py, Linear<'py>>> {
            cx.new(Linear { list: self.list.rest().unwrap_or_default() })
        }
        fn __reversed__(&self, cx: Cx<'py, State>) -> PyResult<'py, Obj<'py, Linear<'py>>> {
            cx.new(Linear { list: self.list.reversed(|link| cx.new(Linked { link }))? })
        }
        fn __len__(&self) -> usize {
            self.list.len()
        }
        fn __iter__(&self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
            let items: Vec<Obj<'py>> = self.list.iter().cloned().collect();
            Ok(items.into_py(py)?.iter()?.into_any())
        }
        fn __eq__(&self, other: &Obj<'py, Linear<'py>>) -> PyResult<'py, bool> {
            self.list.equals(&other.list)
        }
    }
}
