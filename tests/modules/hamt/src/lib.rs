//! The persistent map of `insula-hamt` as a Python class, with the methods of CPython's own `_testinternalcapi.hamt`.

/// A persistent map.
#[insula::module]
mod hamt {
    use insula::prelude::*;
    use insula_hamt::{Change, Host, Iter, Map, Node};

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
}
