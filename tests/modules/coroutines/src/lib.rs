//! A module of async functions.

#![forbid(unsafe_code)]

mod event;

/// A module of async functions.
#[insula::module]
mod coroutines {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use insula::prelude::*;
    use insula::{AsyncCx, AsyncError};

    use super::event::{self, Counted, Event, Turns};

    #[state]
    struct State<'py> {
        calls: PyCell<'py, u64>,
    }

    #[exec]
    fn exec<'py>(_: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
        Ok(State { calls: PyCell::new(0) })
    }

    /// The module's own exception.
    #[exception(base = ValueError)]
    struct Refused;

    #[derive(IntoPyErr)]
    enum Error {
        #[raise(Refused)]
        Refused,
        #[raise(transparent)]
        Python(AsyncError),
    }

    impl std::fmt::Display for Error {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            match self {
                Error::Refused => f.write_str("it was refused"),
                Error::Python(error) => error.fmt(f),
            }
        }
    }

    /// The sum, at once.
    #[function(signature = (first, second = 2))]
    async fn add(first: i64, second: i64) -> i64 {
        first + second
    }

    /// Nothing, after so many turns of the loop.
    #[function]
    async fn turns(count: u64) {
        Turns(count).await;
    }

    /// The number of an event, once that has happened.
    #[function]
    async fn wait(number: u64) -> u64 {
        let _counted = Counted::new();
        Event(number).await;
        number
    }

    /// Waits for one event after the other.
    #[function]
    async fn wait_for_all(numbers: Vec<u64>) -> usize {
        let _counted = Counted::new();
        for number in &numbers {
            Event(*number).await;
        }
        numbers.len()
    }

    /// Has an event happen, on this thread.
    #[function]
    fn fire(number: u64) {
        event::fire(number);
    }

    /// The same on a thread that knows nothing of Python, after a while.
    #[function]
    fn fire_on_thread(number: u64, milliseconds: u64) {
        thread::spawn(move || {
            thread::sleep(std::time::Duration::from_millis(milliseconds));
            event::fire(number);
        });
    }

    /// Wakes on many threads at once.
    #[function]
    fn fire_on_threads<'py>(py: Py<'py>, numbers: Vec<u64>) {
        py.detach_owned(move || {
            let threads: Vec<_> =
                numbers.into_iter().map(|number| thread::spawn(move || event::fire(number))).collect();
            threads.into_iter().for_each(|thread| thread.join().expect("it does not panic"));
        });
    }

    /// Wakes those who wait for an event that has not happened.
    #[function]
    fn disturb(number: u64) {
        event::disturb(number);
    }

    /// Forgets who waits for an event.
    #[function]
    fn forget(number: u64) {
        event::forget(number);
    }

    /// The same on another thread, which is waited for.
    #[function]
    fn forget_on_thread(py: Py<'_>, number: u64) {
        py.detach_owned(move || thread::spawn(move || event::forget(number)).join().expect("it does not panic"));
    }

    /// How many futures that count are alive in the process.
    #[function]
    fn alive() -> usize {
        Counted::alive()
    }

    /// Counts in the state, before and after an event.
    #[function]
    async fn count(cx: AsyncCx<State<'static>>, number: u64) -> Result<(u64, u64), AsyncError> {
        let count = |cx: Cx<'_, State<'static>>| {
            cx.state().calls.set(cx.state().calls.get() + 1);
            cx.state().calls.get()
        };
        let before = cx.with(move |cx| Ok(count(cx)))?;
        Event(number).await;
        let after = cx.with(move |cx| Ok(count(cx)))?;
        Ok((before, after))
    }

    /// The module object, from another thread.
    #[function]
    async fn module_from_thread(cx: AsyncCx<State<'static>>, number: u64) -> Result<Root<Module>, AsyncError> {
        let (send, receive) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let _ = send.send(cx.with(|cx| Root::new(cx, cx.module())));
            event::fire(number);
        });
        Event(number).await;
        receive.try_recv().expect("it was sent before the event")
    }

    /// The object, after an event.
    #[function]
    async fn later(object: Root, number: u64) -> Root {
        Event(number).await;
        object
    }

    /// The size of a `dict`, after an event.
    #[function]
    async fn size(dict: Root<Dict>, number: u64) -> Result<usize, AsyncError> {
        Event(number).await;
        Ok(dict.attach(|dict| Ok(dict.len()))?)
    }

    /// Raises, in one way or the other.
    #[function]
    async fn fail(cx: AsyncCx<State<'static>>, how: String) -> Result<(), Error> {
        Turns(1).await;
        match how.as_str() {
            "refused" => Err(Error::Refused),
            "key" => cx.with(|cx| Err(KeyError::new_err(cx.py(), "the key"))).map_err(Error::Python),
            "panic" => panic!("the future panicked"),
            _ => Ok(()),
        }
    }

    /// What awaiting the result of a function gives.
    #[function]
    async fn awaits(cx: AsyncCx<State<'static>>, function: Root) -> Result<Root, AsyncError> {
        let _counted = Counted::new();
        cx.awaiting(move |cx| function.bind(cx)?.call0()).await
    }

    /// What is raised where a function is awaited, as text.
    #[function]
    async fn catches(cx: AsyncCx<State<'static>>, function: Root) -> String {
        match cx.awaiting(move |cx| function.bind(cx)?.call0()).await {
            Ok(_) => "nothing".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// Drops what it awaits when an event happens.
    #[function]
    async fn gives_up(cx: AsyncCx<State<'static>>, function: Root, number: u64) {
        let awaited = cx.awaiting(move |cx| function.bind(cx)?.call0());
        Event(number).await;
        drop(awaited);
    }

    /// A class with asynchronous methods.
    #[class]
    struct Ticker {
        limit: u64,
        count: AtomicU64,
    }

    #[methods]
    impl Ticker {
        #[new]
        fn new(limit: u64) -> Self {
            Ticker { limit, count: AtomicU64::new(0) }
        }

        /// The limit, after an event.
        async fn limit(this: Root<Self>, number: u64) -> Result<u64, AsyncError> {
            Event(number).await;
            Ok(this.attach(|this| Ok(this.limit))?)
        }

        #[classmethod]
        async fn name(class: Root<Type>) -> Result<String, AsyncError> {
            Turns(1).await;
            Ok(class.attach(|class| Ok(class.name()))?)
        }

        fn __aiter__<'py>(this: &Obj<'py, Self>) -> Obj<'py, Self> {
            this.clone()
        }

        async fn __anext__(this: Root<Self>, cx: AsyncCx<State<'static>>) -> Result<u64, AsyncError> {
            Turns(1).await;
            cx.with(move |cx| {
                let this = this.bind(cx)?;
                let count = this.count.fetch_add(1, Ordering::Relaxed);
                if count < this.limit { Ok(count) } else { Err(StopAsyncIteration::with_args(cx.py(), ())) }
            })
        }

        async fn __aenter__(this: Root<Self>) -> Root<Self> {
            this
        }

        #[method(signature = (*details))]
        async fn __aexit__(this: Root<Self>, details: Vec<Root>) -> usize {
            let _ = this;
            details.len()
        }
    }

    /// A class that holds objects.
    #[class]
    struct Holder<'py> {
        object: Obj<'py>,
    }

    #[methods]
    impl<'py> Holder<'py> {
        #[new]
        fn new(object: &Obj<'py>) -> Self {
            Holder { object: object.clone() }
        }

        /// The object, after an event.
        async fn get(this: Root<Holder<'static>>, number: u64) -> Result<Root, AsyncError> {
            Event(number).await;
            Ok(this.attach(|this| Root::new(this.py(), &this.object))?)
        }
    }
}
