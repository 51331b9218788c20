//! Depth: what recurses with the data that Python code passes, and calls that lead to calls, raise RecursionError
//! before the stack ends.

use std::cell::Cell;
use std::marker::PhantomData;

use crate::brand::{NotSend, Py};
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, RecursionError};
use crate::object::obj::Obj;

/// How many levels there may be: CPython allows for its own calls, which are smaller than ours in a debug build. Before
/// 3.14 it counts them; from 3.14 on it looks at the stack, and ends the process where one call goes past its margin.
const DEEPEST: usize = 1000;

/// How many calls may lead to calls. CPython allows for as many as fit on a stack of its own functions' frames (10,000
/// on 3.13), or for as many as its recursion limit says.
const MOST_CALLS: usize = 2000;

thread_local! {
    /// How many levels there are on this thread.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// How many calls.
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

/// One level of a recursion. CPython counts them together with its own.
pub struct Level<'py> {
    during: PhantomData<Py<'py>>,
    _not_send: NotSend,
}

impl<'py> Level<'py> {
    /// One level deeper.
    ///
    /// # Errors
    ///
    /// `RecursionError`.
    #[inline]
    pub fn enter(py: Py<'py>) -> PyResult<'py, Self> {
        if DEPTH.get() >= DEEPEST {
            return Err(RecursionError::new_err(py, "maximum recursion depth exceeded while converting an object"));
        }
        // SAFETY: attached; the text follows "maximum recursion depth exceeded".
        PyErr::check(py, unsafe { ffi::Py_EnterRecursiveCall(c" while converting an object".as_ptr()) })?;
        DEPTH.set(DEPTH.get() + 1);
        Ok(Level { during: PhantomData, _not_send: NotSend::default() })
    }
}

impl Drop for Level<'_> {
    #[inline]
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
        // SAFETY: entered once, on this thread and thread state: a level is neither sent nor outlives the call.
        unsafe { ffi::Py_LeaveRecursiveCall() }
    }
}

/// A call that CPython does not count, as it does those of functions, whether of Python code or C: it calls a type's or
/// an instance's vectorcall function (PEP 590) as it is.
pub(crate) struct Call(NotSend);

impl Call {
    /// One call more.
    ///
    /// # Errors
    ///
    /// `RecursionError`.
    pub(crate) fn enter(py: Py<'_>) -> PyResult<'_, Self> {
        if CALLS.get() >= MOST_CALLS {
            return Err(RecursionError::new_err(py, "maximum recursion depth exceeded while calling a Python object"));
        }
        // SAFETY: attached; the text follows "maximum recursion depth exceeded".
        PyErr::check(py, unsafe { ffi::Py_EnterRecursiveCall(c" while calling a Python object".as_ptr()) })?;
        CALLS.set(CALLS.get() + 1);
        Ok(Call(NotSend::default()))
    }

    /// One more of an object that we call. Only a type is counted here: a constructor pays nothing for calls that it
    /// does not make, and a closure counts its own.
    ///
    /// # Errors
    ///
    /// `RecursionError`.
    #[inline(always)]
    pub(crate) fn of<'py, T>(callee: &Obj<'py, T>) -> PyResult<'py, Option<Self>> {
        // SAFETY: a live object, whose type is alive.
        let is_type = unsafe { ffi::PyType_HasFeature(ffi::Py_TYPE(callee.as_ptr()), ffi::Py_TPFLAGS_TYPE_SUBCLASS) };
        if is_type == 0 { Ok(None) } else { Self::enter(callee.py()).map(Some) }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        CALLS.set(CALLS.get() - 1);
        // SAFETY: entered once, on this thread and thread state: it lives as long as the call.
        unsafe { ffi::Py_LeaveRecursiveCall() }
    }
}

/// An entry from CPython, in a debug build: CPython allows for as many as fit on a stack when the compiler optimised.
#[cfg(debug_assertions)]
pub(crate) struct Entry(NotSend);

#[cfg(debug_assertions)]
impl Entry {
    /// One entry more.
    ///
    /// # Errors
    ///
    /// `RecursionError`.
    pub(crate) fn begin(py: Py<'_>) -> PyResult<'_, Self> {
        if DEPTH.get() >= DEEPEST {
            return Err(RecursionError::new_err(py, "maximum recursion depth exceeded in a debug build"));
        }
        DEPTH.set(DEPTH.get() + 1);
        Ok(Entry(NotSend::default()))
    }
}

#[cfg(debug_assertions)]
impl Drop for Entry {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}
