//! Detaching from the interpreter: letting other threads run Python code during a long computation.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use super::state::ThreadState;
use crate::brand::Py;
use crate::thread::checked::Away;

/// Data that may be used while detached: it holds no Python object and no borrow of one.
///
/// `Send` would not be enough: wrappers exist that make anything `Send`.
///
/// # Safety
///
/// No value of the type mentions a brand or gives access to a Python object.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot go along where the thread is detached from Python",
    label = "no object, and nothing that borrows or holds one, can be used without the interpreter",
    note = "copy out what the work needs: numbers, `String`, `Vec`, and tuples and references of these",
    note = "`detach_owned` takes a closure that captures owned data of any `'static` type; `detach_on_worker` one that \
            captures whatever is `Send`",
    note = "an object that is needed again in another thread goes as a `Root`"
)]
pub unsafe trait Detach {}

macro_rules! detach {
    ($($ty:ty),* $(,)?) => { $(
        // SAFETY: plain data.
        unsafe impl Detach for $ty {}
    )* };
}
detach!((), bool, char, u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, String, str);

// SAFETY: holds only `Detach` data.
unsafe impl<T: Detach> Detach for [T] {}
// SAFETY: holds only `Detach` data.
unsafe impl<T: Detach> Detach for Vec<T> {}
// SAFETY: holds only `Detach` data.
unsafe impl<T: Detach> Detach for Option<T> {}
// SAFETY: holds only `Detach` data.
unsafe impl<T: Detach, E: Detach> Detach for Result<T, E> {}
// SAFETY: gives shared access to `Detach` data only.
unsafe impl<T: Detach + ?Sized> Detach for &T {}
// SAFETY: gives access to `Detach` data only.
unsafe impl<T: Detach + ?Sized> Detach for &mut T {}
// SAFETY: holds only `Detach` data.
unsafe impl<A: Detach, B: Detach> Detach for (A, B) {}
// SAFETY: holds only `Detach` data.
unsafe impl<A: Detach, B: Detach, C: Detach> Detach for (A, B, C) {}

impl<'py> Py<'py> {
    /// Runs `work` on `data` while detached from the interpreter (the GIL is released), then attaches again.
    ///
    /// `work` is a plain function: it captures nothing. Everything it needs is in `data`, which holds no Python object.
    ///
    /// The limit of this check: a crate that lends a reference to other code through a thread-local variable can carry
    /// a Python object past it. Do not use such crates across a `detach`, or use
    /// [`detach_on_worker`](Self::detach_on_worker); the feature `checked` aborts where it happens.
    ///
    /// ```
    /// use insula::Py;
    /// fn sum(py: Py<'_>, numbers: &[f64]) -> f64 {
    ///     py.detach(numbers, |numbers| numbers.iter().sum())
    /// }
    /// ```
    pub fn detach<T: Detach, R: Detach>(self, data: T, work: fn(T) -> R) -> R {
        // SAFETY: `T: Detach` and a plain function: `work` can reach no Python object.
        unsafe { detached(|| work(data)) }
    }

    /// Runs a closure that owns all it captures while detached from the interpreter.
    ///
    /// ```
    /// use insula::Py;
    /// fn checksum(py: Py<'_>, bytes: Vec<u8>) -> u64 {
    ///     py.detach_owned(move || bytes.iter().map(|&byte| u64::from(byte)).sum())
    /// }
    /// ```
    pub fn detach_owned<R: 'static, F: FnOnce() -> R + 'static>(self, work: F) -> R {
        // SAFETY: `F: 'static` captures nothing branded, because no brand outlives its call.
        unsafe { detached(work) }
    }

    /// Runs a closure on another thread, while this one is detached from the interpreter and waits.
    ///
    /// What it captures is `Send`, and may borrow from this thread. It is safe also where a crate lends references
    /// through thread-local variables, for those are not the other thread's. A thread is made for each call: some
    /// microseconds.
    ///
    /// ```
    /// use insula::Py;
    /// fn longest<'a>(py: Py<'_>, words: &'a [String]) -> Option<&'a String> {
    ///     py.detach_on_worker(|| words.iter().max_by_key(|word| word.len()))
    /// }
    /// ```
    pub fn detach_on_worker<R: Send, F: FnOnce() -> R + Send>(self, work: F) -> R {
        // SAFETY: `F: Send`, and no object, borrow of one, nor what is made of them is: `work`, on another thread,
        // reaches no Python object. This thread does nothing but wait.
        let result = unsafe { detached(|| thread::scope(|scope| scope.spawn(work).join())) };
        result.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// Releases the attached thread state around `work`; a panic of `work` goes on after attaching again.
///
/// # Safety
///
/// The thread is attached, and `work` touches no Python object.
pub(crate) unsafe fn detached<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: the thread is attached; the state that SaveThread returns is restored below on this same thread.
    let state = unsafe { ThreadState::detach_current() };
    let result = {
        let _away = Away::now(true);
        catch_unwind(AssertUnwindSafe(work))
    };
    // SAFETY: `state` was detached above and is still this thread's.
    unsafe { state.attach() };
    result.unwrap_or_else(|panic| resume_unwind(panic))
}

/// This thread detached from whatever it was attached to, for as long as this lives.
pub(crate) struct Detached(Option<ThreadState>);

impl Detached {
    /// Detaches.
    pub(crate) fn now() -> Self {
        let current = ThreadState::current();
        if let Some(current) = current {
            // SAFETY: it is current.
            unsafe { current.detach() };
        }
        Self(current)
    }
}

impl Drop for Detached {
    fn drop(&mut self) {
        if let Some(state) = self.0 {
            // SAFETY: it was current when this was made, so it is this thread's. It is alive: while Rust code runs on
            // top of its frames, its interpreter cannot end. Nothing is attached now: what attached in between has
            // detached.
            unsafe { state.attach() };
        }
    }
}
