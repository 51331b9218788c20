//! CPython's own context variables: `contextvars.ContextVar`, `Context` and `Token`.
//!
//! What every task, thread hand-over and greenlet carries along is CPython's own context: a module whose data shall
//! follow them keeps it in a context variable.
//!
//! CPython's variables lend out what they hold for a moment in which other code may run: a finaliser, if setting a
//! value releases the old one, or a collection. [`NativeContextVar`] holds on to both, so nothing can be released
//! inside.

use std::ffi::CStr;
use std::ptr;

use crate::brand::Py;
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::obj::Obj;
use crate::object::types::native::native;

native! {
    /// CPython's `contextvars.ContextVar`.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn count<'py>(var: &Obj<'py, NativeContextVar>) -> PyResult<'py, i64> {
    ///     let before = match var.get()? {
    ///         Some(count) => count.extract()?,
    ///         None => 0,
    ///     };
    ///     var.set(&(before + 1).into_py(var.py())?)?;
    ///     Ok(before + 1)
    /// }
    /// ```
    NativeContextVar "contextvars.ContextVar" PyContextVar_CheckExact PyContextVar_Type;

    /// CPython's `contextvars.Context`.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn apart<'py>(function: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
    ///     NativeContext::copy_current(function.py())?.run(|| function.call0())
    /// }
    /// ```
    NativeContext "contextvars.Context" PyContext_CheckExact PyContext_Type;

    /// CPython's `contextvars.Token`: what [`NativeContextVar`]'s `set` gives, for its `reset`.
    NativeToken "contextvars.Token" PyContextToken_CheckExact PyContextToken_Type;
}

impl NativeContextVar {
    /// A new variable without a default.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn new<'py>(py: Py<'py>, name: &CStr) -> PyResult<'py, Obj<'py, NativeContextVar>> {
        // SAFETY: a NUL-terminated name, UTF-8 or an error; NULL for no default; a new variable or NULL with an
        // exception.
        unsafe { Obj::from_owned(py, ffi::PyContextVar_New(name.as_ptr(), ptr::null_mut())) }
    }
}

impl<'py> Obj<'py, NativeContextVar> {
    /// The value in the current context, or else the variable's default, if there is any.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    #[inline]
    pub fn get(&self) -> PyResult<'py, Option<Obj<'py>>> {
        let mut value = ptr::null_mut();
        // SAFETY: a live variable; no default; `value` becomes a new reference, or NULL if there is no value.
        unsafe {
            if ffi::PyContextVar_Get(self.as_ptr(), ptr::null_mut(), &mut value) < 0 {
                return Err(PyErr::take(self.py()));
            }
            ptr::NonNull::new(value).map(|value| Ok(Obj::from_owned_non_null(value))).transpose()
        }
    }

    /// Sets the value in the current context; if that fails, it stays what it was (if there was one).
    ///
    /// Up to 3.13.14, CPython itself crashes here if there is no memory for the token and none for the value either.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn set(&self, value: &Obj<'py>) -> PyResult<'py, Obj<'py, NativeToken>> {
        let (token, ..) = self.update(|_| Ok((value.clone(), ())))?;
        Ok(token)
    }

    /// Sets the value in the current context to what `change` makes of the value before. Returns the token, the value
    /// before, for the caller to release when all is done, and what else `change` returned.
    ///
    /// # Errors
    ///
    /// What `change` raises; `MemoryError`, as for `set`.
    #[inline]
    #[allow(clippy::type_complexity, reason = "three things that the caller takes apart at once")]
    pub fn update<R>(
        &self,
        change: impl FnOnce(Option<&Obj<'py>>) -> PyResult<'py, (Obj<'py>, R)>,
    ) -> PyResult<'py, (Obj<'py, NativeToken>, Option<Obj<'py>>, R)> {
        self.py().without_collection(|| {
            let before = self.get()?;
            let (value, more) = change(before.as_ref())?;
            // A finaliser must not run inside, where CPython would then remember a value that is no longer there: the
            // token that it makes first holds what is replaced. Where there is none, see `restore`.
            match self.set_raw(&value) {
                Ok(token) => Ok((token, before, more)),
                Err(error) => {
                    self.restore(before.as_ref(), value);
                    Err(error)
                }
            }
        })
    }

    fn set_raw(&self, value: &Obj<'py>) -> PyResult<'py, Obj<'py, NativeToken>> {
        // SAFETY: a live variable and a live value; a new token or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyContextVar_Set(self.as_ptr(), value.as_ptr())) }
    }

    /// Up to 3.13.14 CPython sets the value, too, when there is no memory for the token (gh-151773), and then remembers
    /// it without owning it, whatever a finaliser of the value before did in the middle.
    #[cold]
    fn restore(&self, before: Option<&Obj<'py>>, value: Obj<'py>) {
        if self.get().is_ok_and(|now| now.is_some_and(|now| now.is(&value)))
            && self.set_raw(before.unwrap_or(&value)).is_err()
        {
            // It may still be remembered: so it has to live on.
            std::mem::forget(value);
        }
    }

    /// Sets the value back to what it was before the `set` that gave the token.
    ///
    /// # Errors
    ///
    /// `RuntimeError` if the token was used before; `ValueError` if it is of another variable or another context.
    pub fn reset(&self, token: &Obj<'py, NativeToken>) -> PyResult<'py, ()> {
        self.py().without_collection(|| {
            let _before = self.get()?;
            // SAFETY: a live variable and a live token.
            PyErr::check(self.py(), unsafe { ffi::PyContextVar_Reset(self.as_ptr(), token.as_ptr()) })
        })
    }
}

impl NativeContext {
    /// `contextvars.Context()`: an empty context.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn new(py: Py<'_>) -> PyResult<'_, Obj<'_, NativeContext>> {
        // SAFETY: attached; a new context or NULL with an exception.
        unsafe { Obj::from_owned(py, ffi::PyContext_New()) }
    }

    /// `contextvars.copy_context()`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    #[inline]
    pub fn copy_current(py: Py<'_>) -> PyResult<'_, Obj<'_, NativeContext>> {
        // SAFETY: attached; a new context or NULL with an exception.
        unsafe { Obj::from_owned(py, ffi::PyContext_CopyCurrent()) }
    }
}

impl<'py> Obj<'py, NativeContext> {
    /// `self.copy()`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn copy(&self) -> PyResult<'py, Obj<'py, NativeContext>> {
        // SAFETY: a live context; a new context or NULL with an exception.
        unsafe { Obj::from_owned(self.py(), ffi::PyContext_Copy(self.as_ptr())) }
    }

    /// The value of a variable in this context, which need not be the current one, if it has one there.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn value(&self, var: &Obj<'py, NativeContextVar>) -> PyResult<'py, Option<Obj<'py>>> {
        if !self.as_any().contains(var)? {
            return Ok(None);
        }
        self.as_any().getitem(var).map(Some)
    }

    /// Runs `body` with this as the current context. It is left again whatever happens.
    ///
    /// # Errors
    ///
    /// `RuntimeError` if the context is being run already, here or in another thread; what `body` raises;
    /// `RuntimeError` if `body` left another context current.
    #[inline]
    pub fn run<R>(&self, body: impl FnOnce() -> PyResult<'py, R>) -> PyResult<'py, R> {
        /// Leaves the context, also while a panic unwinds.
        struct Leave<'a, 'py>(&'a Obj<'py, NativeContext>);
        impl Drop for Leave<'_, '_> {
            fn drop(&mut self) {
                // SAFETY: a live context, entered by this thread. A panic is on its way: there is nobody to tell of a
                // failure.
                unsafe {
                    if ffi::PyContext_Exit(self.0.as_ptr()) < 0 {
                        ffi::PyErr_Clear();
                    }
                }
            }
        }
        // SAFETY: a live context.
        PyErr::check(self.py(), unsafe { ffi::PyContext_Enter(self.as_ptr()) })?;
        let leave = Leave(self);
        let result = body();
        std::mem::forget(leave);
        // SAFETY: a live context. What `body` returned is dropped if this fails.
        PyErr::check(self.py(), unsafe { ffi::PyContext_Exit(self.as_ptr()) })?;
        result
    }
}

impl Py<'_> {
    /// Runs `body` with the garbage collector switched off where CPython would collect inside of allocations: before
    /// 3.12. From then on it collects between bytecodes, and this does nothing.
    ///
    /// It makes a step that reads, allocates and writes indivisible, as long as `body` itself neither calls Python code
    /// nor releases what could.
    #[inline(always)]
    pub fn without_collection<R>(self, body: impl FnOnce() -> R) -> R {
        #[cfg(not(Py_3_12))]
        let _off = {
            /// Switches it on again.
            struct On;
            impl Drop for On {
                fn drop(&mut self) {
                    // SAFETY: attached, as when it was switched off.
                    unsafe { ffi::PyGC_Enable() };
                }
            }
            // SAFETY: attached; it returns whether the collector was on.
            (unsafe { ffi::PyGC_Disable() } != 0).then(|| On)
        };
        body()
    }
}
