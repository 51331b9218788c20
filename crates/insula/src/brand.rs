//! The brand: one invariant lifetime per entry from Python into Rust.

use std::marker::PhantomData;

/// Makes a type invariant in `'py`: it can neither be shortened nor lengthened to meet another brand.
pub(crate) type Brand<'py> = PhantomData<fn(&'py ()) -> &'py ()>;

/// Makes a type neither `Send` nor `Sync`: it belongs to the attached thread. The compiler names the pointer's type
/// where somebody tries, so the type says what to do.
pub(crate) type NotSend = PhantomData<*mut PythonObjectsStayInTheirCall<KeepThemInStateOrClassOrRoot>>;

/// What the compiler names where an object is put into a `static` or sent to a thread: an object is bound to the call
/// that has it, and so are what borrows and what holds one.
///
/// To keep it for later calls, put it into the `#[state]` of the module or a field of a `#[class]`. To find it again
/// from another thread, make it a [`Root`](crate::Root). To work without it, copy the data out and use
/// [`Py::detach`](crate::Py::detach).
pub(crate) struct PythonObjectsStayInTheirCall<T>(PhantomData<T>);

/// See [`PythonObjectsStayInTheirCall`].
pub(crate) enum KeepThemInStateOrClassOrRoot {}

/// Proof that this thread is attached to one interpreter, and to which: `'py` names this entry into Rust.
///
/// It costs nothing to pass. It cannot be stored: it is no longer valid once the call from Python returns, and the
/// compiler knows.
///
/// ```compile_fail
/// use insula::Py;
/// thread_local!(static KEPT: std::cell::Cell<Option<Py<'static>>> = std::cell::Cell::new(None));
/// fn keep<'py>(py: Py<'py>) {
///     KEPT.with(|kept| kept.set(Some(py))); // 'py is not 'static
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Py<'py> {
    brand: Brand<'py>,
    not_send: NotSend,
}

impl<'py> Py<'py> {
    /// Mints a token.
    ///
    /// # Safety
    ///
    /// The thread is attached to an interpreter (it holds an attached thread state), it stays attached to that one for
    /// all of `'py` except where [`Py::detach`] is under way, and `'py` is universally quantified in the caller: no
    /// code can choose it.
    pub(crate) unsafe fn assume_attached() -> Self {
        Py { brand: PhantomData, not_send: PhantomData }
    }
}

impl std::fmt::Debug for Py<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Py")
    }
}
