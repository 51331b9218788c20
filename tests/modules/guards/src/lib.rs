//! A module that the tests in `tests/python` try to break: one item for each guarantee of the framework.

#![forbid(unsafe_code)]

/// A module that the tests try to break.
#[insula::module]
mod guards {
    use insula::prelude::*;
    use insula::{Memo, Stamped, Stamps};

    #[state]
    struct State<'py> {
        sentinel: Obj<'py>,
        calls: PyCell<'py, u64>,
        kept: Guarded<'py, Vec<Obj<'py>>>,
        stamps: Stamps<'py>,
    }

    /// Calls `module.__spec__.hook(module)`, if a test put one there, in the middle of exec.
    #[exec]
    fn exec<'py>(module: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
        module.add("ANSWER", 42)?;
        if let Ok(hook) = module.getattr("__spec__")?.getattr("hook") {
            hook.call_one(module)?;
        }
        Ok(State {
            sentinel: Str::new(module.py(), "sentinel")?.into_any(),
            calls: PyCell::new(0),
            kept: Guarded::new(Vec::new()),
            stamps: Stamps::new(),
        })
    }

    /// The object that this module object's state holds.
    #[function]
    fn sentinel<'py>(cx: Cx<'py, State>) -> Obj<'py> {
        cx.state().calls.set(cx.state().calls.get() + 1);
        cx.state().sentinel.clone()
    }

    /// How often `sentinel` was called on this module object.
    #[function]
    fn calls(cx: Cx<'_, State>) -> u64 {
        cx.state().calls.get()
    }

    /// Keep an object in the module state.
    #[function]
    fn keep<'py>(cx: Cx<'py, State>, object: &Obj<'py>) -> PyResult<'py, usize> {
        let state = cx.state();
        let Ok(mut kept) = state.kept.try_borrow_mut() else {
            return Err(RuntimeError::new_err(cx.py(), "in use"));
        };
        kept.push(object.clone());
        Ok(kept.len())
    }

    /// Call a function while the kept objects are borrowed to be changed.
    #[function]
    fn call_while_borrowed<'py>(cx: Cx<'py, State>, function: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
        let _borrowed = cx.state().kept.try_borrow_mut();
        function.call0()
    }

    #[function]
    fn needs_no_state(i: i64, j: i64) -> i64 {
        i.wrapping_add(j)
    }

    #[function]
    fn panics(message: &str) {
        panic!("{message}")
    }

    #[function]
    fn fails<'py>(cx: Cx<'py, State>, message: &str) -> PyResult<'py, ()> {
        Err(cx.new_err::<Failure>(message))
    }

    #[function]
    fn echo_counter<'py>(value: &Obj<'py, Counter<'py>>) -> Obj<'py, Counter<'py>> {
        value.clone()
    }

    #[exception(base = ValueError)]
    /// Raised by `fails`.
    struct Failure;

    /// Derives from another exception of the module.
    #[exception(base = Failure)]
    struct Detail;

    /// Raises `Detail` from a `KeyError`, with a note.
    #[function]
    fn fails_in_detail<'py>(cx: Cx<'py, State>, note: &str) -> PyResult<'py, ()> {
        let py = cx.py();
        let error = cx.new_err::<Detail>("detail").with_cause(py, KeyError::new_err(py, "cause"));
        error.add_note(py, note)?;
        Err(error)
    }

    /// Whether calling the function raises an instance of the class.
    #[function]
    fn raises<'py>(function: &Obj<'py>, class: &Obj<'py>) -> bool {
        function.call0().err().is_some_and(|error| error.matches(class))
    }

    // Errors of Rust libraries.

    #[function]
    fn open<'py>(path: &str) -> PyResult<'py, String> {
        Ok(std::fs::read_to_string(path)?)
    }

    #[function]
    fn parse<'py>(text: &str) -> PyResult<'py, i64> {
        Ok(text.parse::<i64>()?)
    }

    #[function]
    fn narrow<'py>(number: i64) -> PyResult<'py, u8> {
        Ok(u8::try_from(number)?)
    }

    /// A process-wide counter, beside the module state.
    static COUNTER: insula::ProcessGlobal<u64> = insula::ProcessGlobal::new(0);

    #[function]
    fn count_process_wide<'py>(py: Py<'py>, during: Option<&Obj<'py>>) -> PyResult<'py, u64> {
        COUNTER.with(py, |count| {
            *count += 1;
            match during {
                Some(during) => during.call0().map(|_| *count),
                None => Ok(*count),
            }
        })?
    }

    /// No `#[new]`: instances come from `make_sealed` only.
    #[class(subclassable)]
    struct Sealed<'py> {
        value: Slot<'py>,
        number: u64,
    }

    #[methods]
    impl<'py> Sealed<'py> {
        fn number(&self) -> u64 {
            self.number
        }
        fn value(&self) -> Option<Obj<'py>> {
            self.value.get()
        }
    }

    #[function]
    fn make_sealed<'py>(cx: Cx<'py, State>, value: &Obj<'py>) -> PyResult<'py, Obj<'py, Sealed<'py>>> {
        cx.new(Sealed { value: Slot::new(value.clone()), number: 7 })
    }

    /// No fields: its instances must still be larger than those of `object`.
    #[class(subclassable)]
    struct Empty;

    #[methods]
    impl Empty {
        #[new]
        fn new() -> Self {
            Empty
        }
    }

    /// Fields of every kind, and every slot.
    #[class(subclassable, name = "Counter")]
    struct Counter<'py> {
        value: PyCell<'py, i64>,
        label: Slot<'py>,
        fixed: Obj<'py>,
        pairs: Guarded<'py, Vec<(u32, Obj<'py>)>>,
        index: PyCell<'py, u32>,
    }

    #[methods]
    impl<'py> Counter<'py> {
        #[new]
        fn new(fixed: &Obj<'py>, value: i64) -> Self {
            Counter {
                value: PyCell::new(value),
                label: Slot::empty(),
                fixed: fixed.clone(),
                pairs: Guarded::new(Vec::new()),
                index: PyCell::new(0),
            }
        }

        /// The sentinel of the module that the class belongs to.
        fn sentinel(&self, cx: Cx<'py, State>) -> Obj<'py> {
            cx.state().sentinel.clone()
        }

        fn bump(&self) -> i64 {
            self.value.set(self.value.get().wrapping_add(1));
            self.value.get()
        }

        fn add(&self, a: i64, b: i64) -> i64 {
            self.value.get() + a + b
        }

        fn same_as(slf: &Obj<'py, Self>, other: &Obj<'py, Self>) -> bool {
            slf.is(other)
        }

        fn pair(&self, number: u32, object: &Obj<'py>) -> PyResult<'py, usize> {
            let Ok(mut pairs) = self.pairs.try_borrow_mut() else {
                return Err(RuntimeError::new_err(object.py(), "in use"));
            };
            pairs.push((number, object.clone()));
            Ok(pairs.len())
        }

        #[getter]
        fn fixed(&self) -> Obj<'py> {
            self.fixed.clone()
        }

        /// Anything; cannot be deleted.
        #[getter]
        fn label(&self) -> Option<Obj<'py>> {
            self.label.get()
        }

        #[setter]
        fn set_label(&self, label: &Obj<'py>) {
            self.label.set(Some(label.clone()));
        }

        /// The value, which a negative number makes too large to be a length.
        fn __len__(&self) -> usize {
            self.value.get() as usize
        }

        fn __bool__(&self) -> bool {
            self.value.get() != 0
        }

        fn __hash__(&self) -> isize {
            self.value.get() as isize
        }

        fn __repr__(slf: &Obj<'py, Self>) -> String {
            format!("{}({})", slf.type_name(), slf.value.get())
        }

        fn __str__(&self) -> String {
            self.value.get().to_string()
        }

        fn __contains__(&self, item: i64) -> bool {
            item == self.value.get()
        }

        fn __getitem__(&self, key: i64) -> i64 {
            self.value.get() + key
        }

        fn __setitem__(&self, key: i64, value: i64) {
            self.value.set(key + value);
        }

        fn __iter__(slf: &Obj<'py, Self>) -> Obj<'py, Self> {
            slf.clone()
        }

        fn __next__(&self) -> Option<u32> {
            let index = self.index.get();
            self.index.set(index + 1);
            (index < 3).then_some(index)
        }
    }

    /// An instance made without a call from Python.
    #[function]
    fn make_counter<'py>(cx: Cx<'py, State>, value: i64) -> PyResult<'py, Obj<'py, Counter<'py>>> {
        cx.new(Counter::new(&cx.py().none(), value))
    }

    /// Only `__delitem__`, and attribute access of its own.
    #[class]
    struct Bag<'py> {
        items: Slot<'py, Dict>,
    }

    #[methods]
    impl<'py> Bag<'py> {
        #[new]
        fn new(py: Py<'py>) -> PyResult<'py, Self> {
            Ok(Bag { items: Slot::new(Dict::new(py)?) })
        }

        fn __delitem__(&self, key: &Obj<'py>) -> PyResult<'py, ()> {
            match self.items.get() {
                Some(items) => items.del(key),
                None => Err(KeyError::new_err(key.py(), key)),
            }
        }

        fn __getattr__(slf: &Obj<'py, Self>, name: &Obj<'py, Str>) -> PyResult<'py, Obj<'py>> {
            match name.to_str()? {
                "magic" => 1.into_py(name.py()),
                _ => Err(slf.no_attribute(name)),
            }
        }
    }

    /// Dead instances leave their memory to new ones.
    #[class(freelist = 3, weakref, subclassable)]
    struct Pooled<'py> {
        #[member(set)]
        value: Slot<'py>,
        /// Tells what is no longer zero.
        #[member]
        number: i64,
    }

    #[methods]
    impl<'py> Pooled<'py> {
        #[new]
        fn new(value: &Obj<'py>, number: i64) -> Self {
            Pooled { value: Slot::new(value.clone()), number }
        }
    }

    /// The same from Rust.
    #[function]
    fn make_pooled<'py>(cx: Cx<'py, State>, value: &Obj<'py>, number: i64) -> PyResult<'py, Obj<'py, Pooled<'py>>> {
        cx.new(Pooled::new(value, number))
    }

    /// A table that never changes.
    #[class]
    struct Table<'py> {
        entries: Stamped<Vec<(Obj<'py>, Obj<'py>)>>,
    }

    #[methods]
    impl<'py> Table<'py> {
        #[new]
        fn new(cx: Cx<'py, State>, entries: Vec<(Obj<'py>, Obj<'py>)>) -> Self {
            Table { entries: cx.state().stamps.stamp(entries) }
        }
    }

    /// A key of tables, which remembers its value in one of them.
    #[class]
    struct Key<'py> {
        memo: Memo<'py>,
        #[member]
        searches: PyCell<'py, u64>,
    }

    #[methods]
    impl<'py> Key<'py> {
        #[new]
        fn new() -> Self {
            Key { memo: Memo::new(), searches: PyCell::new(0) }
        }

        /// The value in a table, or None.
        fn of(slf: &Obj<'py, Self>, table: &Obj<'py, Table<'py>>) -> Option<Obj<'py>> {
            slf.memo.find(&table.entries, slf, |entries, key| {
                key.searches.set(key.searches.get() + 1);
                entries.iter().find(|(each, _)| each.is(key)).map(|(_, value)| value)
            })
        }
    }

    /// Plain data that panics when it is dropped.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a field that is dropped");
        }
    }

    #[class]
    struct Panics {
        _bomb: Bomb,
    }

    #[methods]
    impl Panics {
        #[new]
        fn new() -> Self {
            Panics { _bomb: Bomb }
        }
    }

    /// Panics with a value that panics when it is dropped.
    #[function]
    fn panics_twice() {
        std::panic::panic_any(Bomb);
    }

    /// One in the other, as deep as the caller likes.
    #[derive(Trace)]
    struct Nested<'py> {
        value: Slot<'py>,
        inner: Option<Box<Nested<'py>>>,
    }

    /// Holds an object at each level.
    #[class(weakref)]
    struct Nest<'py> {
        outermost: Nested<'py>,
    }

    #[methods]
    impl<'py> Nest<'py> {
        #[new]
        fn new(depth: usize) -> Self {
            let mut outermost = Nested { value: Slot::empty(), inner: None };
            for _ in 1..depth {
                outermost = Nested { value: Slot::empty(), inner: Some(Box::new(outermost)) };
            }
            Nest { outermost }
        }

        /// Puts an object into the innermost level.
        fn put(&self, object: &Obj<'py>) {
            let mut level = &self.outermost;
            while let Some(inner) = &level.inner {
                level = inner;
            }
            level.value.set(Some(object.clone()));
        }
    }

    /// What a thread that CPython ends would drop without being attached.
    struct Witness<'py>(Obj<'py>);
    impl Drop for Witness<'_> {
        fn drop(&mut self) {
            println!("a frame is left");
        }
    }

    /// Lets other threads run, each time in another kind of call.
    #[function]
    fn lets_others_run<'py>(py: Py<'py>, how: &str, object: &Obj<'py>) -> PyResult<'py, ()> {
        let witness = Witness(object.clone());
        match how {
            "call" => drop(witness.0.call0()?),
            "drop" => {
                let result = witness.0.call0()?;
                println!("dropping");
                drop(result);
            }
            "next" => drop(witness.0.iter()?.next()),
            "attribute" => drop(witness.0.getattr("attribute")?),
            "detached" => py.detach_owned(|| std::thread::sleep(std::time::Duration::from_millis(300))),
            _ => return Err(ValueError::new_err(py, how)),
        }
        Ok(())
    }

    fn find_formatter<'py>(module: &Obj<'py, Module>) -> PyResult<'py, Obj<'py, Type>> {
        let formatter = module.py().import("string")?.getattr("Formatter")?;
        formatter.downcast::<Type>().cloned().ok_or_else(|| TypeError::new_err(module.py(), "no type"))
    }

    /// Of a Python class, whose own functions clear an instance, and with a class attribute that runs Python code.
    #[class(base_from = find_formatter, subclassable, mutable)]
    struct Exporter<'py> {
        bytes: ByteBuffer<'py>,
    }

    #[methods]
    impl<'py> Exporter<'py> {
        #[new]
        fn new() -> Self {
            // So many that the allocator gives them back to the system.
            Exporter { bytes: ByteBuffer::zeroed(1 << 20) }
        }
        fn __buffer__(&self) -> &ByteBuffer<'py> {
            &self.bytes
        }
        fn exports(&self) -> usize {
            self.bytes.exports()
        }
        #[classattr]
        fn looked_at<'py2>(py: Py<'py2>) -> PyResult<'py2, Obj<'py2>> {
            match py.import("builtins")?.getattr_opt("insula_look")? {
                Some(look) => look.call0(),
                None => Ok(py.none()),
            }
        }
    }
}
