//! `Root`: the one handle to a Python object that leaves its interpreter.

mod at;
mod family;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::brand::Py;
use crate::def::Record;
use crate::object::convert::{Argument, Downcast, FromPy, IntoPy};
use crate::object::err::PyResult;
use crate::object::exception::Exception;
use crate::object::obj::{Any, Obj};
use crate::object::raise::errors;
use crate::object::types::CallArguments;
use crate::thread::attachment::Attachment;
use crate::thread::detach::Detach;
use crate::thread::state::{NoMemory, ThreadState};

pub use at::At;
pub use family::{Family, Rooted};

/// A strong reference to a Python object that may go anywhere: into a `static`, to another thread, into the closure
/// that a C library keeps as a callback. From there the object is out of reach; the root leads back to it.
///
/// * [`bind`](Self::bind) gives the object where the thread is attached to its interpreter already;
/// * [`attach`](Self::attach) attaches this thread, whichever it is, to that interpreter, and [`call`](Self::call) does
///   so for a call.
///
/// In another interpreter, or when the object's interpreter has ended (also if the runtime was restarted since), each
/// is an error value. A root may be dropped anywhere: the reference is released the next time that somebody comes to
/// its interpreter with a root, or when that ends.
///
/// ```
/// #[insula::module]
/// mod listening {
///     use insula::prelude::*;
///     use std::sync::Mutex;
///
///     static LISTENER: Mutex<Option<Root>> = Mutex::new(None);
///
///     #[function]
///     fn listen<'py>(py: Py<'py>, callback: &Obj<'py>) -> PyResult<'py, ()> {
///         let root = Root::new(py, callback)?;
///         *LISTENER.lock().unwrap() = Some(root);
///         Ok(())
///     }
///
///     /// Called by a library, on a thread of its own.
///     extern "C" fn news(number: i32) {
///         let listener = LISTENER.lock().unwrap().clone();
///         if let Some(listener) = listener {
///             match listener.call::<_, bool>((number,)) {
///                 Ok(more) => println!("go on: {more}"),
///                 Err(error) => println!("{error}"), // it raised, or its interpreter has ended
///             }
///         }
///     }
/// }
/// # fn main() {}
/// ```
///
/// The garbage collector takes what a root refers to for in use. In a field of a class or of the state it therefore
/// keeps everything that it leads to alive until the interpreter ends, if that leads back to the field: use [`Obj`] or
/// [`Slot`](crate::Slot) there.
///
/// Until a visitor has left, its interpreter does not end: `Py_FinalizeEx` and `Py_EndInterpreter` wait. A visitor must
/// not wait for the thread that does that.
pub struct Root<F: Family = Any> {
    held: Arc<Held>,
    of: PhantomData<fn() -> F>,
}

/// What the clones of a root share.
struct Held {
    record: Arc<Record>,
    place: usize,
}

impl Held {
    /// A new reference, if the record has not ended.
    ///
    /// # Safety
    ///
    /// The thread is attached to the record's interpreter, with the brand `'py`; it is a hold of a root of `F`.
    unsafe fn object<'py, F: Family>(&self) -> Option<Obj<'py, F::Of<'py>>> {
        // SAFETY: the caller's promise; `new` kept an object of the family there, and types do not change.
        unsafe { self.record.get(self.place).map(|object| object.cast_into_unchecked()) }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.record.give_up(self.place);
    }
}

/// Why a root does not lead to its object.
///
/// ```
/// assert_eq!(insula::RootError::Ended.to_string(), "the object's interpreter has ended");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootError {
    /// The thread is attached to another interpreter than the object's. That may have ended.
    Elsewhere,
    /// The object's interpreter has ended, or is about to.
    Ended,
    /// Python code raised an exception.
    Raised(Exception),
    /// There is no memory to attach this thread.
    NoMemory,
}

impl fmt::Display for RootError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elsewhere => f.write_str("the object belongs to another interpreter"),
            Self::Ended => f.write_str("the object's interpreter has ended"),
            Self::Raised(exception) => exception.fmt(f),
            Self::NoMemory => f.write_str("no memory for a thread state"),
        }
    }
}

impl std::error::Error for RootError {}
errors! { RootError }

impl From<NoMemory> for RootError {
    fn from(_: NoMemory) -> Self {
        Self::NoMemory
    }
}

impl<F: Family> Root<F> {
    /// Roots an object. `at` is the proof of attachment, [`Py`], or [`Cx`](crate::Cx), which finds its way faster.
    ///
    /// # Errors
    ///
    /// `MemoryError`; `RuntimeError` if the interpreter is ending.
    pub fn new<'py, T: Rooted<'py, Family = F>>(at: impl At<'py>, object: &Obj<'py, T>) -> PyResult<'py, Self> {
        let record = at.record()?;
        // SAFETY: the record is that of the interpreter which `at` proves to be attached to.
        unsafe { record.drain() };
        let place = record.keep(object.clone().into_any())?;
        Ok(Root { held: Arc::new(Held { record, place }), of: PhantomData })
    }

    /// The object, where the thread is attached to its interpreter.
    ///
    /// # Errors
    ///
    /// [`RootError::Elsewhere`] if it is attached to another, or if `at` is of a module object that has never seen a
    /// root.
    ///
    /// ```
    /// # #[insula::module]
    /// # mod demo {
    /// #     use insula::prelude::*;
    /// # static ROOT: std::sync::Mutex<Option<Root>> = std::sync::Mutex::new(None);
    /// #[function]
    /// fn again<'py>(py: Py<'py>) -> PyResult<'py, Option<Obj<'py>>> {
    ///     let root = ROOT.lock().unwrap().clone();
    ///     root.map(|root| Ok(root.bind(py)?)).transpose() // in another interpreter: RuntimeError
    /// }
    /// # }
    /// # fn main() {}
    /// ```
    pub fn bind<'py>(&self, at: impl At<'py>) -> Result<Obj<'py, F::Of<'py>>, RootError> {
        if !at.is_at(&self.held.record) {
            return Err(RootError::Elsewhere);
        }
        // SAFETY: the thread is attached to the record's interpreter, as `is_at` says.
        unsafe {
            self.held.record.drain();
            self.held.object::<F>().ok_or(RootError::Ended)
        }
    }

    /// Attaches this thread to the object's interpreter, whether it is attached to none, to another or to that one, and
    /// runs `work` there. Afterwards it is attached to what it was before.
    ///
    /// `work` is `'static`: it captures no object of a call that is under way.
    ///
    /// # Errors
    ///
    /// [`RootError::Ended`]; [`RootError::Raised`] with what `work` raises; [`RootError::NoMemory`]. A panic goes on.
    ///
    /// ```
    /// # use insula::{Root, RootError, types::Dict};
    /// fn size(root: &Root<Dict>) -> Result<usize, RootError> {
    ///     root.attach(|dict| Ok(dict.len()))
    /// }
    /// ```
    pub fn attach<R, W>(&self, work: W) -> Result<R, RootError>
    where
        R: 'static,
        W: for<'py> FnOnce(&Obj<'py, F::Of<'py>>) -> PyResult<'py, R> + 'static,
    {
        Self::attached(Arc::clone(&self.held), work)
    }

    /// [`attach`](Self::attach). The hold is given up before the thread detaches: if it was the last, the object is
    /// released here, and not only by who comes next.
    fn attached<R, W>(held: Arc<Held>, work: W) -> Result<R, RootError>
    where
        R: 'static,
        W: for<'py> FnOnce(&Obj<'py, F::Of<'py>>) -> PyResult<'py, R> + 'static,
    {
        let record = Arc::clone(&held.record);
        let visit = record.enter().ok_or(RootError::Ended)?;
        // SAFETY: 1) the visit keeps the interpreter alive, and is dropped after it; 2) no thread state is named; 3) it
        // is a local variable.
        let attachment = unsafe { Attachment::new(record.interpreter, None)? };
        // SAFETY: 1) attached until `attachment` is dropped, after everything branded; 2) `work` is generic over the
        // brand, so that it can neither choose nor keep it; 3) being 'static it captures no object of a call that is
        // under way, and `R` carries none out.
        let py = unsafe { Py::assume_attached() };
        // SAFETY: attached to the record's interpreter; what the thread did there before waits, as for any call.
        unsafe { record.drain() };
        // SAFETY: as above.
        let object: Obj<'_, F::Of<'_>> = unsafe { held.object::<F>() }.ok_or(RootError::Ended)?;
        let result = work(&object).map_err(|error| RootError::Raised(Exception::of(error.value(py))));
        drop(object);
        drop(held);
        // SAFETY: as above.
        unsafe { record.drain() };
        drop(attachment);
        drop(visit);
        result
    }

    /// Whether this thread is attached to the object's interpreter.
    pub(crate) fn is_here(&self) -> bool {
        // SAFETY: what this thread is attached with is alive.
        ThreadState::current().is_some_and(|state| unsafe { state.interpreter() } == self.held.record.interpreter)
    }

    /// Attaches on a thread that may wait, and runs `work` there; if the interpreter has ended, or its messenger was
    /// never [started](Self::start_messenger), not at all. This thread, whichever it is, does not wait.
    pub(crate) fn attach_later(
        self,
        work: impl for<'py> FnOnce(&Obj<'py, F::Of<'py>>) -> PyResult<'py, ()> + Send + 'static,
    ) {
        let record = Arc::clone(&self.held.record);
        // An error has nobody to tell.
        record.later(move || drop(Self::attached(self.held, work)));
    }

    /// Starts the thread that [`attach_later`](Self::attach_later) needs.
    ///
    /// # Errors
    ///
    /// `RuntimeError` if the interpreter is ending; `OSError` if there is no thread to be had.
    pub(crate) fn start_messenger<'py>(&self, py: Py<'py>) -> PyResult<'py, ()> {
        self.held.record.start_messenger(py)
    }

    /// Calls the object in its interpreter, and converts the result. The arguments are Rust data: a tuple.
    ///
    /// # Errors
    ///
    /// As [`attach`](Self::attach); [`RootError::Raised`] also if a conversion fails.
    ///
    /// ```
    /// # use insula::{Root, RootError};
    /// fn ask(root: &Root) -> Result<String, RootError> {
    ///     root.call(("a question", 3))
    /// }
    /// ```
    pub fn call<A, R>(&self, args: A) -> Result<R, RootError>
    where
        A: for<'py> CallArguments<'py> + 'static,
        R: for<'a, 'py> FromPy<'a, 'py, Py<'py>> + 'static,
    {
        self.attach(move |object| {
            let result = object.as_any().call(args)?;
            result.extract()
        })
    }
}

impl<F: Family> Clone for Root<F> {
    fn clone(&self) -> Self {
        Root { held: Arc::clone(&self.held), of: PhantomData }
    }
}

/// A parameter that outlives the call: an instance of the type, rooted.
impl<'py, S, F> FromPy<'_, 'py, S> for Root<F>
where
    F: Family,
    F::Of<'py>: Downcast<'py, S> + Rooted<'py, Family = F>,
{
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        Root::new(argument.py(), <F::Of<'py> as Downcast<'py, S>>::downcast(argument)?)
    }
}

/// The object; `RuntimeError` in another interpreter.
impl<'py, F: Family> IntoPy<'py> for Root<F> {
    fn into_py(self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Ok(self.bind(py)?.into_any())
    }
}

impl<F: Family> fmt::Debug for Root<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Root")
    }
}

// SAFETY: a root gives access to its object only to who proves to be attached, or attaches.
unsafe impl<F: Family> Detach for Root<F> {}
