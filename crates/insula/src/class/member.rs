//! Fields that Python code sees as attributes: `#[member]`.

use crate::brand::Py;
use crate::object::cell::PyCell;
use crate::object::convert::IntoPy;
use crate::object::err::PyResult;
use crate::object::obj::Obj;
use crate::object::slot::Slot;
use crate::object::trace::Plain;

/// A field that a `#[member]` can show: what can be cloned and converted, a [`PyCell`] of such, or a [`Slot`] (`None`
/// when it is empty).
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

/// A field that a `#[member(set)]` can change: a [`PyCell`] or a [`Slot`].
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be changed from Python",
    note = "a #[member(set)] is a `Slot<'py, T>` or a `PyCell<'py, T>`; otherwise write a #[setter]"
)]
pub trait SetMember<'py> {
    /// What it can be set to.
    type Value;

    /// Replaces the value.
    fn set(&self, value: Self::Value);
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
    fn set(&self, value: T) {
        PyCell::set(self, value);
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
    fn set(&self, value: Obj<'py, T>) {
        Slot::set(self, Some(value));
    }
}
