//! Classes with every special method, for `tests/python/test_protocols.py`.

#![forbid(unsafe_code)]

/// Classes with every special method.
#[insula::module]
mod protocols {
    use insula::prelude::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[state]
    struct State;

    /// A number: every numeric slot. Operands are ints; comparisons are with other numbers.
    #[class(subclassable)]
    struct Number {
        value: AtomicI64,
    }

    impl Number {
        fn value(&self) -> i64 {
            self.value.load(Ordering::Relaxed)
        }
        fn made<'py>(cx: Cx<'py, State>, value: i64) -> PyResult<'py, Obj<'py, Number>> {
            cx.new(Number { value: AtomicI64::new(value) })
        }
    }

    #[methods]
    impl Number {
        #[new]
        fn new(value: i64) -> Self {
            Number { value: AtomicI64::new(value) }
        }

        #[getter(value)]
        fn get_value(&self) -> i64 {
            self.value()
        }

        fn __repr__(&self) -> String {
            format!("Number({})", self.value())
        }

        fn __add__<'py>(&self, cx: Cx<'py, State>, other: i64) -> PyResult<'py, Obj<'py, Number>> {
            Number::made(cx, self.value() + other)
        }
        fn __radd__<'py>(&self, cx: Cx<'py, State>, other: i64) -> PyResult<'py, Obj<'py, Number>> {
            Number::made(cx, other + self.value() + 1000)
        }
        fn __sub__(&self, other: i64) -> (String, i64, i64) {
            ("sub".to_owned(), self.value(), other)
        }
        fn __rsub__(&self, other: i64) -> (String, i64, i64) {
            ("rsub".to_owned(), self.value(), other)
        }
        fn __mul__(&self, other: i64) -> i64 {
            self.value() * other
        }
        fn __matmul__(&self, other: i64) -> (i64, i64) {
            (self.value(), other)
        }
        fn __truediv__<'py>(&self, py: Py<'py>, other: i64) -> PyResult<'py, f64> {
            if other == 0 {
                return Err(ZeroDivisionError::new_err(py, "division by zero"));
            }
            Ok(self.value() as f64 / other as f64)
        }
        fn __floordiv__<'py>(&self, py: Py<'py>, other: i64) -> PyResult<'py, i64> {
            Ok(self.__divmod__(py, other)?.0)
        }
        fn __mod__<'py>(&self, py: Py<'py>, other: i64) -> PyResult<'py, i64> {
            Ok(self.__divmod__(py, other)?.1)
        }
        fn __divmod__<'py>(&self, py: Py<'py>, other: i64) -> PyResult<'py, (i64, i64)> {
            let divided = self.value().checked_div_euclid(other).zip(self.value().checked_rem_euclid(other));
            divided.ok_or_else(|| ZeroDivisionError::new_err(py, "division by zero"))
        }
        fn __lshift__(&self, other: u32) -> i64 {
            self.value() << other
        }
        fn __rshift__(&self, other: u32) -> i64 {
            self.value() >> other
        }
        fn __and__(&self, other: i64) -> i64 {
            self.value() & other
        }
        fn __or__(&self, other: i64) -> i64 {
            self.value() | other
        }
        fn __xor__(&self, other: i64) -> i64 {
            self.value() ^ other
        }
        fn __rxor__(&self, other: i64) -> i64 {
            other ^ self.value()
        }
        fn __pow__<'py>(&self, py: Py<'py>, other: u32, modulus: Option<i64>) -> PyResult<'py, i64> {
            let power = self.value().pow(other);
            let reduced = modulus.map_or(Some(power), |modulus| power.checked_rem(modulus));
            reduced.ok_or_else(|| ValueError::new_err(py, "pow() 3rd argument cannot be 0"))
        }
        fn __rpow__(&self, other: i64, _modulus: Option<i64>) -> i64 {
            other.pow(self.value() as u32)
        }
        fn __iadd__<'py>(slf: &Obj<'py, Self>, other: i64) -> Obj<'py, Self> {
            slf.value.fetch_add(other, Ordering::Relaxed);
            slf.clone()
        }
        fn __ipow__<'py>(slf: &Obj<'py, Self>, other: u32, _modulus: Option<i64>) -> Obj<'py, Self> {
            slf.value.store(slf.value().pow(other), Ordering::Relaxed);
            slf.clone()
        }
        fn __neg__(&self) -> i64 {
            -self.value()
        }
        fn __pos__(&self) -> i64 {
            self.value()
        }
        fn __abs__(&self) -> i64 {
            self.value().abs()
        }
        fn __invert__(&self) -> i64 {
            !self.value()
        }
        fn __int__(&self) -> i64 {
            self.value()
        }
        fn __float__(&self) -> f64 {
            self.value() as f64
        }
        fn __index__(&self) -> i64 {
            self.value()
        }
        fn __round__(&self) -> i64 {
            self.value() / 10 * 10
        }
        fn __lt__<'py>(&self, other: &Obj<'py, Number>) -> bool {
            self.value() < other.value()
        }
        fn __le__<'py>(&self, other: &Obj<'py, Number>) -> bool {
            self.value() <= other.value()
        }
        fn __eq__<'py>(&self, other: &Obj<'py, Number>) -> bool {
            self.value() == other.value()
        }
    }

    /// Ordered the other way, and hashable.
    #[class]
    struct Hashable {
        value: i64,
    }

    #[methods]
    impl Hashable {
        #[new]
        fn new(value: i64) -> Self {
            Hashable { value }
        }
        fn __eq__<'py>(&self, other: &Obj<'py, Hashable>) -> bool {
            self.value == other.value
        }
        fn __ne__<'py>(&self, _: &Obj<'py, Hashable>) -> String {
            "asked".to_owned()
        }
        fn __gt__<'py>(&self, other: &Obj<'py, Hashable>) -> bool {
            self.value > other.value
        }
        fn __ge__<'py>(&self, other: &Obj<'py, Hashable>) -> bool {
            self.value >= other.value
        }
        fn __hash__(&self) -> isize {
            self.value as isize
        }
    }

    /// Calls, descriptors, context managers, asynchronous iteration.
    #[class(dict, weakref, generic, subclassable)]
    struct Versatile<'py> {
        stored: Slot<'py>,
        left: PyCell<'py, u32>,
    }

    #[methods]
    impl<'py> Versatile<'py> {
        #[new]
        fn new() -> Self {
            Versatile { stored: Slot::empty(), left: PyCell::new(3) }
        }

        #[method(signature = (a, *rest, b = 1))]
        fn __call__(&self, a: i64, rest: Vec<i64>, b: i64) -> (i64, Vec<i64>, i64) {
            (a, rest, b)
        }

        fn __get__(slf: &Obj<'py, Self>, instance: Option<&Obj<'py>>, owner: Option<&Obj<'py>>) -> Obj<'py> {
            match (instance, owner) {
                (None, _) => slf.clone().into_any(),
                (Some(instance), None) => instance.clone(),
                (Some(_), Some(_)) => slf.stored.get().unwrap_or_else(|| slf.py().none()),
            }
        }
        fn __set__(&self, _instance: &Obj<'py>, value: &Obj<'py>) {
            self.stored.set(Some(value.clone()));
        }

        fn __enter__(slf: &Obj<'py, Self>) -> Obj<'py, Self> {
            slf.clone()
        }
        fn __exit__(&self, ty: &Obj<'py>, value: &Obj<'py>, _traceback: &Obj<'py>) -> bool {
            self.stored.set(Some(value.clone()));
            !ty.is_none()
        }

        fn __await__(slf: &Obj<'py, Self>) -> Obj<'py, Self> {
            slf.clone()
        }
        fn __aiter__(slf: &Obj<'py, Self>) -> Obj<'py, Self> {
            slf.clone()
        }
        fn __anext__(slf: &Obj<'py, Self>) -> PyResult<'py, Obj<'py, Self>> {
            match slf.left.get() {
                0 => Err(StopAsyncIteration::with_args(slf.py(), ())),
                left => {
                    slf.left.set(left - 1);
                    Ok(slf.clone())
                }
            }
        }
        fn __iter__(slf: &Obj<'py, Self>) -> Obj<'py, Self> {
            slf.clone()
        }
        fn __next__(&self) -> Option<i64> {
            None
        }

        #[classattr]
        const LIMIT: i64 = 10;

        /// Another for each module object.
        #[classattr]
        fn marker(py: Py<'py>) -> PyResult<'py, Obj<'py, List>> {
            List::new(py, [1, 2])
        }

        /// An instance of this class, whatever subclass it is called on, and that class.
        #[classmethod(signature = (*, with = None))]
        fn make(
            class: &Obj<'py, Type>,
            cx: Cx<'py, State>,
            with: Option<&Obj<'py>>,
        ) -> PyResult<'py, (Obj<'py, Type>, Obj<'py, Versatile<'py>>)> {
            let made = cx.new(Versatile::new())?;
            made.stored.set(with.cloned());
            Ok((class.clone(), made))
        }

        #[staticmethod]
        fn sum(a: i64, b: i64) -> i64 {
            a + b
        }
        #[staticmethod(signature = (a = 1, *, b = 2))]
        fn difference(a: i64, b: i64) -> i64 {
            a - b
        }
    }

    /// Calls back when it dies.
    #[class(weakref, subclassable)]
    struct Mortal<'py> {
        callback: Slot<'py>,
        next: Slot<'py>,
    }

    #[methods]
    impl<'py> Mortal<'py> {
        #[new]
        fn new(callback: &Obj<'py>) -> Self {
            Mortal { callback: Slot::new(callback.clone()), next: Slot::empty() }
        }
        #[getter]
        fn next(&self) -> Option<Obj<'py>> {
            self.next.get()
        }
        #[setter]
        fn set_next(&self, next: &Obj<'py>) {
            self.next.set(Some(next.clone()));
        }
        /// Calls the callback with the object, and whether its module is still there.
        fn __del__(slf: &Obj<'py, Self>, cx: Option<Cx<'py, State>>) -> PyResult<'py, ()> {
            let Some(callback) = slf.callback.get() else { return Ok(()) };
            let arguments = Tuple::new(slf.py(), vec![slf.clone().into_any(), cx.is_some().into_py(slf.py())?])?;
            callback.call_one(&arguments).map(drop)
        }
    }

    /// Data that several lists share, and that Python code never sees: a node with several owners.
    #[class(hidden)]
    struct Node<'py> {
        value: Slot<'py>,
        next: Option<Obj<'py, Node<'py>>>,
    }

    /// An immutable list; longer ones share the nodes of shorter ones.
    #[class]
    struct Chain<'py> {
        head: Option<Obj<'py, Node<'py>>>,
    }

    #[methods]
    impl<'py> Chain<'py> {
        #[new]
        fn new() -> Self {
            Chain { head: None }
        }
        fn push(&self, cx: Cx<'py, State>, value: &Obj<'py>) -> PyResult<'py, Obj<'py, Chain<'py>>> {
            let node = cx.new(Node { value: Slot::new(value.clone()), next: self.head.clone() })?;
            cx.new(Chain { head: Some(node) })
        }
        fn items(&self) -> Vec<Option<Obj<'py>>> {
            let mut items = Vec::new();
            let mut node = self.head.as_ref();
            while let Some(here) = node {
                items.push(here.value.get());
                node = here.next.as_ref();
            }
            items
        }
    }

    /// Hands on what it is asked to another object.
    #[class]
    struct Proxy<'py> {
        to: Obj<'py>,
    }

    #[methods]
    impl<'py> Proxy<'py> {
        #[new]
        fn new(to: &Obj<'py>) -> Self {
            Proxy { to: to.clone() }
        }
        fn __len__(&self) -> PyResult<'py, usize> {
            self.to.len()
        }
        fn __getitem__(&self, key: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
            self.to.getitem(key)
        }
        fn __contains__(&self, item: &Obj<'py>) -> PyResult<'py, bool> {
            self.to.contains(item)
        }
        fn __hash__(&self) -> PyResult<'py, isize> {
            self.to.hash()
        }
        fn __next__(&self) -> PyResult<'py, Option<Obj<'py>>> {
            self.to.as_iter().and_then(|iter| iter.clone().next()).transpose()
        }
        fn __iter__(slf: &Obj<'py, Self>) -> Obj<'py, Self> {
            slf.clone()
        }
    }

    /// One link of a chain, without a finaliser.
    #[class(subclassable)]
    struct Link<'py> {
        next: Slot<'py>,
    }

    #[methods]
    impl<'py> Link<'py> {
        #[new]
        fn new(next: &Obj<'py>) -> Self {
            Link { next: Slot::new(next.clone()) }
        }
        #[getter]
        fn next(&self) -> Option<Obj<'py>> {
            self.next.get()
        }
    }
}
