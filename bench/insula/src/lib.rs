//! The small module of the comparison, written with insula.

/// The small module.
#[insula::module]
mod small {
    use insula::prelude::*;

    #[state]
    struct State<'py> {
        sentinel: Obj<'py>,
        size: usize,
    }

    #[exec]
    fn exec<'py>(module: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
        Ok(State { sentinel: Str::new(module.py(), "sentinel")?.into_any(), size: 3 })
    }

    #[exception]
    struct Error;

    /// Nothing.
    #[function]
    fn f() {}

    /// n + 1.
    #[function]
    fn f1(n: i64) -> i64 {
        n + 1
    }

    /// a + b.
    #[function(signature = (a, b = 1))]
    fn kw(a: i64, b: i64) -> i64 {
        a + b
    }

    /// The module's sentinel.
    #[function]
    fn tag<'py>(cx: Cx<'py, State>) -> Obj<'py> {
        cx.state().sentinel.clone()
    }

    /// callback().
    #[function]
    fn call<'py>(callback: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
        callback.call0()
    }

    /// Raises Error.
    #[function]
    fn fail<'py>(cx: Cx<'py, State>) -> PyResult<'py, ()> {
        Err(cx.new_err::<Error>("failed"))
    }

    /// The sum of the items.
    #[function]
    fn total<'py>(iterable: &Obj<'py>) -> PyResult<'py, i64> {
        let mut sum = 0;
        for item in iterable.iter()? {
            sum += item?.extract::<i64>()?;
        }
        Ok(sum)
    }

    /// Counts.
    #[class(subclassable)]
    struct Counter<'py> {
        n: PyCell<'py, i64>,
    }

    #[methods]
    impl<'py> Counter<'py> {
        #[new]
        fn new() -> Self {
            Counter { n: PyCell::new(0) }
        }

        /// Add one.
        fn bump(&self) -> i64 {
            self.n.set(self.n.get() + 1);
            self.n.get()
        }

        /// The count and n.
        fn plus(&self, n: i64) -> i64 {
            self.n.get() + n
        }

        /// The module's sentinel.
        fn tag(&self, cx: Cx<'py, State>) -> Obj<'py> {
            cx.state().sentinel.clone()
        }

        /// The count.
        #[getter]
        fn n(&self) -> i64 {
            self.n.get()
        }

        #[setter]
        fn set_n(&self, n: i64) {
            self.n.set(n);
        }

        /// The module's sentinel.
        #[getter]
        fn shared(&self, cx: Cx<'py, State>) -> Obj<'py> {
            cx.state().sentinel.clone()
        }

        fn __len__(&self, cx: Cx<'py, State>) -> usize {
            cx.state().size
        }

        fn __add__(&self, cx: Cx<'py, State>, n: i64) -> PyResult<'py, Obj<'py, Counter<'py>>> {
            cx.new(Counter { n: PyCell::new(self.n.get() + n) })
        }
    }

    /// Two objects.
    #[class]
    struct Pair<'py> {
        a: Obj<'py>,
        b: Obj<'py>,
    }

    #[methods]
    impl<'py> Pair<'py> {
        #[new]
        fn new(a: &Obj<'py>, b: &Obj<'py>) -> Self {
            Pair { a: a.clone(), b: b.clone() }
        }

        /// The first.
        #[getter]
        fn a(&self) -> Obj<'py> {
            self.a.clone()
        }
    }

    /// The numbers below the end.
    #[class]
    struct Steps<'py> {
        next: PyCell<'py, i64>,
        end: i64,
    }

    #[methods]
    impl<'py> Steps<'py> {
        #[new]
        fn new(end: i64) -> Self {
            Steps { next: PyCell::new(0), end }
        }

        fn __iter__(slf: &Obj<'py, Self>) -> Obj<'py, Self> {
            slf.clone()
        }

        fn __next__(&self) -> Option<i64> {
            let next = self.next.get();
            (next < self.end).then(|| {
                self.next.set(next + 1);
                next
            })
        }
    }

    /// Sixteen bytes.
    #[class]
    struct Block<'py> {
        bytes: ByteBuffer<'py>,
    }

    #[methods]
    impl<'py> Block<'py> {
        #[new]
        fn new() -> Self {
            Block { bytes: ByteBuffer::zeroed(16) }
        }

        fn __buffer__(&self) -> &ByteBuffer<'py> {
            &self.bytes
        }
    }
}
