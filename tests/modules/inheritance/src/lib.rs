//! Classes that derive from built-in types and from each other, for `tests/python/test_inheritance.py`.

#![forbid(unsafe_code)]

/// Classes that derive from built-in types and from each other.
#[insula::module]
mod inheritance {
    use insula::prelude::*;

    #[state]
    struct State<'py> {
        sentinel: Obj<'py>,
    }

    #[exec]
    fn exec<'py>(module: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
        Ok(State { sentinel: List::new(module.py(), [1])?.into_any() })
    }

    /// A dict with a default.
    #[class(base = Dict, subclassable, weakref)]
    struct Registry<'py> {
        default: Slot<'py>,
        misses: PyCell<'py, u64>,
    }

    #[methods]
    impl<'py> Registry<'py> {
        #[new]
        fn new(default: &Obj<'py>) -> Self {
            Registry { default: Slot::new(default.clone()), misses: PyCell::new(0) }
        }
        fn __missing__(&self, _key: &Obj<'py>) -> Option<Obj<'py>> {
            self.misses.set(self.misses.get() + 1);
            self.default.get()
        }
        #[getter]
        fn misses(&self) -> u64 {
            self.misses.get()
        }
        #[getter]
        fn default(&self) -> Option<Obj<'py>> {
            self.default.get()
        }
        #[setter]
        fn set_default(&self, value: &Obj<'py>) {
            self.default.set(Some(value.clone()));
        }
        /// What Rust code sees of the dict.
        fn size(slf: &Obj<'py, Self>) -> usize {
            slf.as_base().len()
        }
        fn sentinel(&self, cx: Cx<'py, State>) -> Obj<'py> {
            cx.state().sentinel.clone()
        }
    }

    #[function]
    fn make_registry<'py>(cx: Cx<'py, State>, default: &Obj<'py>) -> PyResult<'py, Obj<'py, Registry<'py>>> {
        let made = cx.new(Registry::new(default))?;
        made.as_base().set(&cx.state().sentinel.repr()?, default)?;
        Ok(made)
    }

    /// A list with a name.
    #[class(base = List, subclassable, dict)]
    struct Stack<'py> {
        name: Obj<'py>,
    }

    #[methods]
    impl<'py> Stack<'py> {
        #[new(signature = (*, name))]
        fn new(name: &Obj<'py>) -> Self {
            Stack { name: name.clone() }
        }
        #[getter]
        fn name(&self) -> Obj<'py> {
            self.name.clone()
        }
    }

    /// A list that knows when it was given what: the items go on to `list.__init__`.
    #[class(base = List, subclassable)]
    struct Labelled {
        label: String,
        given: usize,
    }

    #[methods]
    impl Labelled {
        #[new(signature = (*items, label = String::new()))]
        fn new(items: &Obj<'_, Tuple>, label: String) -> Self {
            Labelled { label, given: items.len() }
        }
        #[getter]
        fn label(&self) -> (String, usize) {
            (self.label.clone(), self.given)
        }
    }

    /// A dict with a default that only a keyword gives.
    #[class(base = Dict, subclassable)]
    struct Defaults<'py> {
        default: Option<Obj<'py>>,
    }

    #[methods]
    impl<'py> Defaults<'py> {
        #[new(signature = (default = None, /, *_items, **_more))]
        fn new(default: Option<Obj<'py>>, _items: &Obj<'py>, _more: &Obj<'py>) -> Self {
            Defaults { default }
        }
        fn __missing__(&self, _key: &Obj<'py>) -> Option<Obj<'py>> {
            self.default.clone()
        }
    }

    /// One whose constructor takes the arguments as they come.
    #[class(base = Dict, mutable)]
    struct Counting {
        given: usize,
    }

    #[methods]
    impl Counting {
        #[new]
        fn new(arguments: Arguments<'_, '_>) -> Self {
            Counting { given: arguments.count() }
        }
        #[getter]
        fn given(&self) -> usize {
            self.given
        }
    }

    /// A class of the first, whose constructor has parameters for all.
    #[class(base = Labelled)]
    struct Sealed {
        count: usize,
    }

    #[methods]
    impl Sealed {
        #[new]
        fn new(count: usize) -> With<Self, Labelled> {
            With(Sealed { count }, Labelled { label: "sealed".to_owned(), given: 0 })
        }
        #[getter]
        fn count(&self) -> usize {
            self.count
        }
    }

    /// An exception with fields.
    #[class(base = ValueError, subclassable)]
    struct Problem<'py> {
        code: i64,
        detail: Slot<'py>,
    }

    #[methods]
    impl<'py> Problem<'py> {
        #[new(signature = (code, detail = None))]
        fn new(code: i64, detail: Option<&Obj<'py>>) -> Self {
            let slot = Slot::empty();
            slot.set(detail.cloned());
            Problem { code, detail: slot }
        }
        #[getter]
        fn code(&self) -> i64 {
            self.code
        }
        #[getter]
        fn detail(&self) -> Option<Obj<'py>> {
            self.detail.get()
        }
    }

    #[function]
    fn raise_problem<'py>(cx: Cx<'py, State>, code: i64) -> PyResult<'py, ()> {
        let problem = cx.new(Problem { code, detail: Slot::empty() })?;
        Err(PyErr::from_value(problem.as_any()))
    }

    // Types whose instances vary in size, or are made by their own `__new__`: classes of them have methods, but no
    // fields.

    #[class(base = Int, subclassable)]
    struct Tag;
    #[methods]
    impl Tag {
        fn doubled<'py>(slf: &Obj<'py, Self>) -> PyResult<'py, i64> {
            slf.extract::<i64>().map(|value| value * 2)
        }
    }

    #[class(base = Float)]
    struct Ratio;

    #[class(base = Bytes)]
    struct Raw;

    #[class(base = Tuple, subclassable)]
    struct Pair;
    #[methods]
    impl Pair {
        fn first<'py>(slf: &Obj<'py, Self>) -> Option<Obj<'py>> {
            slf.as_base().get(0)
        }
    }

    #[class(base = Dict)]
    struct Bare;

    // Three classes, each with fields of its own.

    #[class(subclassable, weakref)]
    struct Shape<'py> {
        name: Slot<'py>,
        alive: String,
    }

    #[methods]
    impl<'py> Shape<'py> {
        #[new]
        fn new(name: &Obj<'py>) -> Self {
            Shape { name: Slot::new(name.clone()), alive: "yes".to_owned() }
        }
        #[getter]
        fn name(&self) -> Option<Obj<'py>> {
            self.name.get()
        }
        #[setter]
        fn set_name(&self, name: &Obj<'py>) {
            self.name.set(Some(name.clone()));
        }
        fn alive(&self) -> String {
            self.alive.clone()
        }
        fn sentinel(&self, cx: Cx<'py, State>) -> Obj<'py> {
            cx.state().sentinel.clone()
        }
    }

    #[class(base = Shape, subclassable, dict)]
    struct Circle<'py> {
        radius: f64,
        centre: Slot<'py>,
    }

    #[methods]
    impl<'py> Circle<'py> {
        #[new]
        fn new(name: &Obj<'py>, radius: f64) -> With<Self, Shape<'py>> {
            With(Circle { radius, centre: Slot::empty() }, Shape::new(name))
        }
        #[getter]
        fn centre(&self) -> Option<Obj<'py>> {
            self.centre.get()
        }
        #[setter]
        fn set_centre(&self, centre: &Obj<'py>) {
            self.centre.set(Some(centre.clone()));
        }
        fn describe(slf: &Obj<'py, Self>) -> PyResult<'py, String> {
            let name = slf.as_base().name.get().unwrap_or_else(|| slf.py().none());
            Ok(format!("{} {}", name.str()?.to_str()?, slf.radius))
        }
    }

    #[class(base = Circle, subclassable)]
    struct Ring<'py> {
        inner: Obj<'py>,
    }

    #[methods]
    impl<'py> Ring<'py> {
        #[new]
        fn new(name: &Obj<'py>, inner: &Obj<'py>) -> With<Self, With<Circle<'py>, Shape<'py>>> {
            With(Ring { inner: inner.clone() }, Circle::new(name, 2.0))
        }
        #[getter]
        fn inner(&self) -> Obj<'py> {
            self.inner.clone()
        }
    }

    #[function]
    fn area<'py>(circle: &Obj<'py, Circle<'py>>) -> f64 {
        circle.radius * circle.radius * 3.0
    }

    #[function]
    fn make_ring<'py>(cx: Cx<'py, State>, name: &Obj<'py>) -> PyResult<'py, Obj<'py, Ring<'py>>> {
        cx.new(Ring::new(name, name))
    }
}
