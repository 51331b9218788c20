//! `AsyncCx`: the module's side of a call that goes on after it has returned.

use std::fmt;
use std::marker::PhantomData;

use crate::arguments::scope::{FunctionScope, Scope};
use crate::brand::Py;
use crate::cx::{Cx, Erased, cx};
use crate::def::StateDef;
use crate::object::err::{PyErr, PyResult};
use crate::object::exception::Exception;
use crate::object::exceptions::{BuiltinException, RuntimeError};
use crate::object::obj::Obj;
use crate::object::raise::{Anywhere, IntoPyErr};
use crate::object::types::Module;
use crate::root::{Root, RootError};

/// The module's side of an `async fn`: it leads back to the module, its interpreter and its state, from wherever the
/// function goes on.
///
/// A [`Cx`] belongs to one call and ends with it; this is plain data, which lives across an `await`, and may go to
/// other threads. [`with`](Self::with) attaches and gives a `Cx`, for as long as it takes.
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// #     use insula::{AsyncCx, AsyncError};
/// #[state]
/// struct State<'py> {
///     calls: PyCell<'py, u64>,
/// }
/// #     #[exec]
/// #     fn exec<'py>(_: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
/// #         Ok(State { calls: PyCell::new(0) })
/// #     }
/// # async fn some_work() -> u64 { 1 }
///
/// #[function]
/// async fn work(cx: AsyncCx<State<'static>>) -> Result<u64, AsyncError> {
///     let done = some_work().await;
///     cx.with(move |cx| {
///         let calls = &cx.state().calls;
///         calls.set(calls.get() + done);
///         Ok(calls.get())
///     })
/// }
/// # }
/// # fn main() {}
/// ```
///
/// It keeps the module alive, as a [`Root`] does.
pub struct AsyncCx<S: StateDef> {
    module: Root<Module>,
    of: PhantomData<fn() -> S>,
}

impl<S: StateDef> AsyncCx<S> {
    /// That of a `Cx`. A parameter of this type gets it without.
    ///
    /// # Errors
    ///
    /// As [`Root::new`].
    pub fn new<'py>(cx: Cx<'py, S>) -> PyResult<'py, Self> {
        Ok(AsyncCx { module: Root::new(cx, cx.module())?, of: PhantomData })
    }
}

impl<S: StateDef> AsyncCx<S>
where
    Erased<S>: StateDef<Module = S::Module> + 'static,
{
    /// Attaches this thread to the module's interpreter, unless it is, and runs `work` with a `Cx`.
    ///
    /// `work` is `'static`: it captures no object, and `R` takes none out. What is to be kept of an object is data, or
    /// a [`Root`], which is also how an `async fn` returns one. What is captured is moved (`move |cx| ...`).
    ///
    /// # Errors
    ///
    /// What `work` raises, and what keeps it from being run: see [`AsyncError`].
    pub fn with<R, W>(&self, work: W) -> Result<R, AsyncError>
    where
        R: 'static,
        W: for<'py> FnOnce(Cx<'py, Erased<S>>) -> PyResult<'py, R> + 'static,
    {
        self.module.attach(move |module| {
            let py = module.py();
            // SAFETY: the module is alive for the call, and was made from the definition: `new` had a `Cx` of it.
            let scope = unsafe { FunctionScope::<S::Module>::new(py, module.as_ptr()) };
            let result = cx::<Erased<S>>(&scope).and_then(work);
            Ok(result.map_err(|error| AsyncError::raised(py, error)))
        })?
    }
}

impl<S: StateDef> Clone for AsyncCx<S> {
    fn clone(&self) -> Self {
        AsyncCx { module: self.module.clone(), of: PhantomData }
    }
}

impl<S: StateDef> fmt::Debug for AsyncCx<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AsyncCx")
    }
}

/// The `AsyncCx` of a scope.
///
/// # Errors
///
/// `RuntimeError` if the module is not initialised, or its interpreter is ending.
pub fn async_cx<'py, S: StateDef>(scope: &impl Scope<'py, Module = S::Module>) -> PyResult<'py, AsyncCx<S>> {
    AsyncCx::new(cx(scope)?)
}

/// What went wrong where an `async fn` used Python: an exception, which is raised again where the function returns it,
/// or an interpreter that has ended.
#[derive(Clone, Debug)]
pub struct AsyncError {
    why: RootError,
    /// The exception that was raised.
    raised: Option<Root>,
}

impl AsyncError {
    pub(super) fn raised<'py>(py: Py<'py>, error: PyErr<'py>) -> Self {
        let value: Obj<'py> = error.into_value(py);
        AsyncError { why: RootError::Raised(Exception::of(&value)), raised: Root::new(py, &value).ok() }
    }

    /// The exception as text, if one was raised.
    pub fn exception(&self) -> Option<&Exception> {
        match &self.why {
            RootError::Raised(exception) => Some(exception),
            _ => None,
        }
    }

    /// The exception itself, if one was raised: for a function that looks at it inside its interpreter.
    pub fn root(&self) -> Option<&Root> {
        self.raised.as_ref()
    }
}

impl fmt::Display for AsyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.fmt(f)
    }
}

impl std::error::Error for AsyncError {}

impl From<RootError> for AsyncError {
    fn from(why: RootError) -> Self {
        AsyncError { why, raised: None }
    }
}

impl<'py, S> IntoPyErr<'py, S> for AsyncError {
    fn into_py_err(self, py: Py<'py>, _: &S) -> PyErr<'py> {
        match self.raised.map(|root| root.bind(py)) {
            Some(Ok(value)) => PyErr::from_value(&value),
            _ => RuntimeError::new_err(py, self.why.to_string()),
        }
    }
}

impl Anywhere<'_> for AsyncError {}
