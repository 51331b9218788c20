//! Fields that Python code sees as attributes: `#[member]`.

use crate::brand::Py;
use crate::object::cell::PyCell;
use crate::object::convert::IntoPy;
use crate::object::err::PyResult;
use crate::object::guarded::Guarded;
use crate::object::obj::Obj;
use crate::object::slot::Slot;
use crate::object::trace::{Plain, Trace};

/// A field that a `#[member]` can show: what can be cloned and converted, a [`PyCell`] or [`Guarded`] of such, or a
/// [`Slot`] (`None` when it is empty).
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// #[class]
/// struct Account<'py> {
///     /// Who it belongs to.
///     #[member]
///     owner: Obj<'py, Str>,
///     #[member(set)]
///     balance: PyCell<'py, i64>,
///     #[member(set, name = "note")]
///     text: Slot<'py, Str>,
/// }
/// # }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be a #[member]",
    note = "it must be `Clone` and something that Python can have, or a `Slot` or `PyCell`; otherwise write a #[getter]"
)]
pub trait Member<'py> {
    /// The value for Python.
    ///
    /// # Errors
    ///
    /// What the conversion raises.
    fn get(&self, py: Py<'py>) -> PyResult<'py, Obj<'py>>;
}

/// A field that a `#[member(set)]` can change: a [`PyCell`], a [`Guarded`] or a [`Slot`].
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be changed from Python",
    note = "a #[member(set)] is a `Slot<'py, T>`, a `PyCell<'py, T>` or a `Guarded<'py, T>`; otherwise write a \
            #[setter]"
)]
pub trait SetMember<'py> {
    /// What it can be set to.
    type Value;

    /// Replaces the value.
    ///
    /// # Errors
    ///
    /// `RuntimeError` if the value of a `Guarded` is in use.
    fn set(&self, value: Self::Value) -> PyResult<'py, ()>;
}

impl<'py, T: Clone + IntoPy<'py>> Member<'py> for T {
    #[inline]
    fn get(&self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        self.clone().into_py(py)
    }
}

impl<'py, T: Copy + Plain + IntoPy<'py>> Member<'py> for PyCell<'py, T> {
    #[inline]
    fn get(&self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        PyCell::get(self).into_py(py)
    }
}

impl<'py, T: Copy + Plain> SetMember<'py> for PyCell<'py, T> {
    type Value = T;
    #[inline]
    fn set(&self, value: T) -> PyResult<'py, ()> {
        PyCell::set(self, value);
        Ok(())
    }
}

impl<'py, T: Trace<'py> + Clone + IntoPy<'py>> Member<'py> for Guarded<'py, T> {
    fn get(&self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        let value = self.try_borrow()?.clone();
        value.into_py(py)
    }
}

impl<'py, T> Member<'py> for Slot<'py, T> {
    #[inline]
    fn get(&self, py: Py<'py>) -> PyResult<'py, Obj<'py>> {
        Slot::get(self).into_py(py)
    }
}

impl<'py, T> SetMember<'py> for Slot<'py, T> {
    type Value = Obj<'py, T>;
    #[inline]
    fn set(&self, value: Obj<'py, T>) -> PyResult<'py, ()> {
        Slot::set(self, Some(value));
        Ok(())
    }
}

impl<'py, T: Trace<'py>> SetMember<'py> for Guarded<'py, T> {
    type Value = T;
    fn set(&self, value: T) -> PyResult<'py, ()> {
        let before = std::mem::replace(&mut *self.try_borrow_mut()?, value);
        // Released only here, when the value is free again: releasing may run Python code that borrows it.
        drop(before);
        Ok(())
    }
}
