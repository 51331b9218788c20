//! A module that uses every feature of the framework at once: what it can do alone, it must also do together.

#![forbid(unsafe_code)]

/// A module that uses every feature of the framework.
#[insula::module(stub = "LIMIT: int")]
mod everything {
    use insula::prelude::*;
    use std::collections::HashMap;

    #[state]
    struct State<'py> {
        sentinel: Obj<'py>,
        calls: PyCell<'py, u64>,
        kept: Guarded<'py, HashMap<String, Obj<'py>>>,
        last: Slot<'py>,
    }

    #[exec]
    fn exec<'py>(module: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
        let py = module.py();
        module.add("LIMIT", 10)?;
        Ok(State {
            sentinel: List::new(py, ["sentinel"])?.into_any(),
            calls: PyCell::new(0),
            kept: Guarded::new(HashMap::new()),
            last: Slot::empty(),
        })
    }

    /// Raised by this module.
    #[exception(module = "package.everything", base = ValueError)]
    struct Failure;

    /// Derives from another exception of the module.
    #[exception(base = Failure)]
    struct Detail;

    #[function]
    fn sentinel<'py>(cx: Cx<'py, State>) -> Obj<'py> {
        cx.state().calls.set(cx.state().calls.get() + 1);
        cx.state().sentinel.clone()
    }

    type Given<'py> = ((i64, i64, i64), Vec<Obj<'py>>, (f64, String), Obj<'py, Dict>);

    /// Every kind of parameter.
    #[function(signature = (a, b = 2, /, c = 3, *args, d = 4.0, e = "e", **kwargs))]
    fn signature<'py>(
        a: i64,
        b: i64,
        c: i64,
        args: Vec<Obj<'py>>,
        d: f64,
        e: &str,
        kwargs: Obj<'py, Dict>,
    ) -> Given<'py> {
        ((a, b, c), args, (d, e.to_owned()), kwargs)
    }

    /// Keep an object in the module state.
    #[function]
    fn keep<'py>(cx: Cx<'py, State>, name: &str, object: &Obj<'py>) -> PyResult<'py, usize> {
        let Ok(mut kept) = cx.state().kept.try_borrow_mut() else {
            return Err(RuntimeError::new_err(cx.py(), "in use"));
        };
        cx.state().last.set(Some(object.clone()));
        kept.insert(name.to_owned(), object.clone());
        Ok(kept.len())
    }

    #[function]
    fn fails<'py>(cx: Cx<'py, State>, message: &str) -> PyResult<'py, ()> {
        let py = cx.py();
        let error = cx.new_err::<Detail>(message).with_cause(py, KeyError::new_err(py, "cause"));
        error.add_note(py, "a note")?;
        Err(error)
    }

    /// Panics if it is told to: whoever calls it with any argument, as the auditor does, finds a function without a
    /// defect.
    #[function(signature = (message, *, really = false))]
    fn panics(message: &str, really: bool) {
        assert!(!really, "{message}");
    }

    #[function]
    fn parse<'py>(text: &str) -> PyResult<'py, i64> {
        Ok(text.parse::<i64>()?)
    }

    #[function]
    fn sum_detached(py: Py<'_>, numbers: Vec<i64>) -> i64 {
        py.detach_owned(move || numbers.into_iter().sum())
    }

    /// A process-wide counter, beside the module state.
    static COUNTER: insula::ProcessGlobal<u64> = insula::ProcessGlobal::new(0);

    #[function]
    fn count_process_wide<'py>(py: Py<'py>) -> PyResult<'py, u64> {
        COUNTER.with(py, |count| {
            *count += 1;
            *count
        })
    }

    /// Conversions in both directions.
    #[derive(FromPy, IntoPy)]
    #[py(item)]
    struct Record<'py> {
        name: String,
        numbers: Vec<f64>,
        table: HashMap<String, i64>,
        pair: (Option<i64>, bool),
        object: Obj<'py>,
    }

    #[function]
    fn echo(record: Record<'_>) -> Record<'_> {
        record
    }

    /// What the built-in objects offer.
    #[function]
    fn objects<'py>(py: Py<'py>, callable: &Obj<'py>) -> PyResult<'py, Obj<'py, Dict>> {
        let made = Dict::new(py)?;
        made.set("list", List::new(py, [1, 2, 3])?)?;
        made.set("tuple", Tuple::new(py, ["a", "b"])?)?;
        made.set("set", Set::new(py, [1, 1, 2])?)?;
        made.set("bytes", Bytes::new(py, b"bytes")?)?;
        made.set("called", callable.call((1, "two"))?)?;
        made.set("joined", py.import("os")?.getattr("path")?.call_method("join", ("a", "b"))?)?;
        Ok(made)
    }

    // Options of classes.

    /// A class that Python code may change.
    #[class(subclassable, mutable, weakref, dict, generic, module = "package", qualname = "Outer.Account")]
    struct Account<'py> {
        /// Who it belongs to.
        #[member]
        owner: Obj<'py, Str>,
        /// May be assigned.
        #[member(set)]
        balance: PyCell<'py, i64>,
        #[member(set, name = "note")]
        text: Slot<'py>,
        #[member]
        tags: Vec<String>,
    }

    #[methods]
    impl<'py> Account<'py> {
        #[new(signature = (owner, balance = 0))]
        fn new(owner: &Obj<'py, Str>, balance: i64) -> Self {
            Account {
                owner: owner.clone(),
                balance: PyCell::new(balance),
                text: Slot::empty(),
                tags: vec!["new".to_owned()],
            }
        }
        fn sentinel(&self, cx: Cx<'py, State>) -> Obj<'py> {
            cx.state().sentinel.clone()
        }
        #[method(signature = (by = 1))]
        fn deposit(&self, by: i64) -> i64 {
            self.balance.set(self.balance.get() + by);
            self.balance.get()
        }
        #[method(signature = (*args))]
        fn __call__(&self, args: Vec<Obj<'py>>) -> usize {
            args.len()
        }
        fn __add__(&self, other: &Obj<'py, Account<'py>>) -> i64 {
            self.balance.get() + other.balance.get()
        }
        fn __len__(&self) -> usize {
            self.balance.get() as usize
        }
        fn __del__(&self, cx: Option<Cx<'py, State>>) {
            if let Some(cx) = cx {
                cx.state().calls.set(cx.state().calls.get() + 1);
            }
        }
        #[classattr]
        fn __match_args__() -> (&'static str, &'static str) {
            ("owner", "balance")
        }
        /// Counts the subclasses, and says what they were made with.
        #[method(signature = (**kwargs))]
        fn __init_subclass__(class: &Obj<'py, Type>, kwargs: Obj<'py, Dict>) -> PyResult<'py, ()> {
            class.setattr("made_with", kwargs)
        }
    }

    /// Derives from a mutable class: mutable itself, with fields of its own.
    #[class(base = Account, subclassable, mutable)]
    struct Savings<'py> {
        #[member(set)]
        rate: PyCell<'py, f64>,
        #[member]
        first: Slot<'py>,
    }

    #[methods]
    impl<'py> Savings<'py> {
        #[new]
        fn new(owner: &Obj<'py, Str>, rate: f64) -> With<Self, Account<'py>> {
            With(Savings { rate: PyCell::new(rate), first: Slot::empty() }, Account::new(owner, 0))
        }
    }

    /// Whether it is an account, for `cx.downcast`.
    #[function]
    fn is_account<'py>(cx: Cx<'py, State>, object: &Obj<'py>) -> bool {
        cx.downcast::<Account>(object).is_some()
    }

    #[function]
    fn owner_of<'py>(account: &Obj<'py, Account<'py>>) -> Obj<'py, Str> {
        account.owner.clone()
    }

    /// Says nothing about pickling.
    #[class(subclassable)]
    struct Private {
        #[member]
        number: i64,
    }

    #[methods]
    impl Private {
        #[new]
        fn new(number: i64) -> Self {
            Private { number }
        }
    }

    /// A dict with a field, which says nothing about pickling.
    #[class(subclassable, base = Dict)]
    struct Table<'py> {
        #[member(set)]
        default: Slot<'py>,
    }

    #[methods]
    impl<'py> Table<'py> {
        #[new]
        fn new() -> Self {
            Table { default: Slot::empty() }
        }
    }

    /// Can be pickled: made again from its coordinates.
    #[class(subclassable)]
    struct Point {
        #[member]
        x: i64,
        #[member]
        y: i64,
    }

    #[methods]
    impl Point {
        #[new(signature = (x, y = 0))]
        fn new(x: i64, y: i64) -> Self {
            Point { x, y }
        }
        fn __reduce__<'py>(slf: &Obj<'py, Self>) -> (Obj<'py, Type>, (i64, i64)) {
            (slf.get_type(), (slf.x, slf.y))
        }
        #[classattr]
        fn __match_args__() -> (&'static str, &'static str) {
            ("x", "y")
        }
    }

    /// Can be pickled: made without arguments, then given its state.
    #[class(subclassable)]
    struct Stateful<'py> {
        #[member(set)]
        value: Slot<'py>,
    }

    #[methods]
    impl<'py> Stateful<'py> {
        #[new]
        fn new() -> Self {
            Stateful { value: Slot::empty() }
        }
        fn __getstate__(&self) -> Option<Obj<'py>> {
            self.value.get()
        }
        fn __setstate__(&self, value: &Obj<'py>) {
            self.value.set(Some(value.clone()));
        }
    }

    /// An int without fields, which pickles as an int does.
    #[class(base = Int, subclassable)]
    struct Tag;

    #[methods]
    impl Tag {
        fn sentinel<'py>(slf: &Obj<'py, Self>, cx: Cx<'py, State>) -> PyResult<'py, Obj<'py>> {
            slf.as_base();
            Ok(cx.state().sentinel.clone())
        }
        fn __add__<'py>(slf: &Obj<'py, Self>, other: i64) -> PyResult<'py, i64> {
            Ok(slf.extract::<i64>()? + other + 1000)
        }
    }

    // Classes of a type that is found when the module is executed. A test may put another into `module.__spec__.base`.

    fn find_base<'py>(module: &Obj<'py, Module>) -> PyResult<'py, Obj<'py, Type>> {
        let given = module.getattr("__spec__")?.getattr_opt("base")?;
        let base = match given {
            Some(base) => base,
            None => module.py().import("_collections")?.getattr("OrderedDict")?,
        };
        base.downcast::<Type>().cloned().ok_or_else(|| TypeError::new_err(module.py(), "the base is no type"))
    }

    /// Derives from whatever type it is given.
    #[class(base_from = find_base, subclassable, mutable)]
    struct Adopted<'py> {
        #[member(set)]
        slot: Slot<'py>,
        #[member]
        fixed: Obj<'py>,
        text: String,
    }

    #[methods]
    impl<'py> Adopted<'py> {
        #[new(signature = (*args, **kwargs))]
        fn new(py: Py<'py>, args: Obj<'py, Tuple>, kwargs: Obj<'py, Dict>) -> PyResult<'py, Self> {
            let fixed = List::new(py, [args.into_any(), kwargs.into_any()])?.into_any();
            Ok(Adopted { slot: Slot::empty(), fixed, text: "adopted".to_owned() })
        }
        fn sentinel(&self, cx: Cx<'py, State>) -> Obj<'py> {
            cx.state().sentinel.clone()
        }
        fn text(&self) -> String {
            self.text.clone()
        }
        fn myself(slf: &Obj<'py, Self>) -> Obj<'py> {
            slf.as_base().clone()
        }
    }

    #[function]
    fn text_of<'py>(adopted: &Obj<'py, Adopted<'py>>) -> String {
        adopted.text.clone()
    }

    #[function]
    fn make_adopted<'py>(cx: Cx<'py, State>) -> PyResult<'py, Obj<'py, Adopted<'py>>> {
        let fixed = cx.py().none();
        cx.new(Adopted { slot: Slot::empty(), fixed, text: "made".to_owned() })
    }

    fn find_adopted<'py>(module: &Obj<'py, Module>) -> PyResult<'py, Obj<'py, Type>> {
        let adopted = module.getattr("Adopted")?;
        adopted.downcast::<Type>().cloned().ok_or_else(|| TypeError::new_err(module.py(), "the base is no type"))
    }

    /// Derives from a class whose own base was found.
    #[class(base_from = find_adopted, subclassable, mutable)]
    struct Readopted<'py> {
        #[member(set)]
        other: Slot<'py>,
    }

    #[methods]
    impl<'py> Readopted<'py> {
        #[new(signature = (*_args, **_kwargs))]
        fn new(_args: Obj<'py, Tuple>, _kwargs: Obj<'py, Dict>) -> Self {
            Readopted { other: Slot::empty() }
        }
        fn other_sentinel(&self, cx: Cx<'py, State>) -> Obj<'py> {
            cx.state().sentinel.clone()
        }
    }

    fn find_frozenset<'py>(module: &Obj<'py, Module>) -> PyResult<'py, Obj<'py, Type>> {
        Ok(Type::of::<FrozenSet>(module.py()))
    }

    /// The base's `__new__` runs Python code, after the object exists.
    #[class(base_from = find_frozenset)]
    struct Frozen {
        #[member]
        number: i64,
    }

    #[methods]
    impl Frozen {
        #[new]
        fn new<'py>(_items: &Obj<'py>) -> Self {
            Frozen { number: 5 }
        }
    }

    // Class state.

    /// The state of `Counted`.
    #[class(hidden)]
    struct Census<'py> {
        class: Obj<'py, Type>,
        made: PyCell<'py, u64>,
        last: Slot<'py>,
    }

    /// Counts its instances, in the state of the class.
    #[class(state = Census, subclassable)]
    struct Counted<'py> {
        other: Slot<'py>,
    }

    #[methods]
    impl<'py> Counted<'py> {
        #[class_state]
        fn census(class: &Obj<'py, Type>) -> Census<'py> {
            Census { class: class.clone(), made: PyCell::new(0), last: Slot::empty() }
        }
        #[new]
        fn new(cx: Cx<'py, State>) -> Self {
            let made = &cx.class_state::<Counted>().made;
            made.set(made.get() + 1);
            Counted { other: Slot::empty() }
        }
        fn remember(&self, cx: Cx<'py, State>, object: &Obj<'py>) {
            cx.class_state::<Counted>().last.set(Some(object.clone()));
        }
        /// The class, how many instances were made, and what was remembered, as the state has it.
        fn census_of(&self, cx: Cx<'py, State>) -> (Obj<'py, Type>, u64, Option<Obj<'py>>) {
            let census = cx.class_state::<Counted>();
            (census.class.clone(), census.made.get(), census.last.get())
        }
        #[getter]
        fn made(&self, cx: Cx<'py, State>) -> u64 {
            cx.class_state::<Counted>().made.get()
        }
        fn __len__(&self, cx: Cx<'py, State>) -> usize {
            cx.class_state::<Counted>().made.get() as usize
        }
    }

    /// The state of `Recounted`, made with an error if a test asks for it.
    #[class(hidden)]
    struct Recensus {
        number: u64,
    }

    /// Derives from a class with a state, and has its own.
    #[class(base = Counted, state = Recensus, subclassable)]
    struct Recounted;

    #[methods]
    impl Recounted {
        #[class_state]
        fn recensus<'py>(class: &Obj<'py, Type>) -> PyResult<'py, Recensus> {
            let number = class.getattr("NUMBER")?;
            Ok(Recensus { number: number.extract()? })
        }
        #[new]
        fn new<'py>(cx: Cx<'py, State>) -> With<Self, Counted<'py>> {
            With(Recounted, Counted::new(cx))
        }
        #[classattr]
        const NUMBER: u64 = 17;
        fn number(&self, cx: Cx<'_, State>) -> u64 {
            cx.class_state::<Recounted>().number
        }
    }

    /// Has some of the comparisons.
    #[class(subclassable)]
    struct Money(i64);

    #[methods]
    impl Money {
        fn __eq__(&self, other: &Obj<'_, Money>) -> bool {
            self.0 == other.0
        }
        fn __lt__(&self, other: &Obj<'_, Money>) -> bool {
            self.0 < other.0
        }
    }
}
