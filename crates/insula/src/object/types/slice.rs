//! `slice` and `range`.

use crate::brand::Py;
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, SystemError};
use crate::object::obj::Obj;
use crate::object::types::Type;
use crate::object::types::native::native;

native! {
    /// Python's `slice`.
    ///
    /// Reading its bounds runs the `__index__` of objects that are no `int`, which may change the sequence: ask for the
    /// sequence's length after that.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn pick<'py>(list: &Obj<'py, List>, slice: &Obj<'py, Slice>) -> PyResult<'py, Vec<Obj<'py>>> {
    ///     let bounds = slice.bounds()?;
    ///     Ok(bounds.within(list.len()).filter_map(|index| list.get(index)).collect())
    /// }
    /// ```
    Slice "slice" PySlice_Check PySlice_Type;
    /// Python's `range`.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn odd<'py>(py: Py<'py>, end: i64) -> PyResult<'py, Obj<'py, Range>> {
    ///     Range::new(py, 1, end, 2)
    /// }
    /// ```
    Range "range" PyRange_Check PyRange_Type;
}

impl Slice {
    /// A new `slice`; `None` leaves a bound open.
    ///
    /// # Errors
    ///
    /// What the conversion of a bound raises; `MemoryError`.
    pub fn new<'py>(
        py: Py<'py>,
        start: impl IntoPy<'py>,
        stop: impl IntoPy<'py>,
        step: impl IntoPy<'py>,
    ) -> PyResult<'py, Obj<'py, Slice>> {
        let (start, stop, step) = (start.into_py(py)?, stop.into_py(py)?, step.into_py(py)?);
        // SAFETY: all objects are alive; a new `slice` or NULL with an exception.
        unsafe { Obj::from_owned(py, ffi::PySlice_New(start.as_ptr(), stop.as_ptr(), step.as_ptr())) }
    }
}

impl<'py> Obj<'py, Slice> {
    /// The bounds as numbers, as yet of no sequence.
    ///
    /// # Errors
    ///
    /// `TypeError` if a bound is no integer; `ValueError` for a step of 0; what a bound's `__index__` raises.
    pub fn bounds(&self) -> PyResult<'py, SliceBounds> {
        let mut bounds = SliceBounds { start: 0, stop: 0, step: 0 };
        // SAFETY: a live `slice`.
        let status =
            unsafe { ffi::PySlice_Unpack(self.as_ptr(), &mut bounds.start, &mut bounds.stop, &mut bounds.step) };
        PyErr::check(self.py(), status).map(|()| bounds)
    }
}

/// The bounds of a slice, before they meet the length of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceBounds {
    start: isize,
    stop: isize,
    step: isize,
}

impl SliceBounds {
    /// The indices that they select in a sequence of `length` items.
    pub fn within(mut self, length: usize) -> SliceIndices {
        let length = isize::try_from(length).unwrap_or(isize::MAX);
        // SAFETY: the call computes with numbers only; the step is not 0, as CPython checked, nor `isize::MIN`.
        let count = unsafe { ffi::PySlice_AdjustIndices(length, &mut self.start, &mut self.stop, self.step) };
        SliceIndices { next: self.start, step: self.step, left: count.cast_unsigned() }
    }
}

/// The indices that a slice selects, in its order: each is within the length it was made for.
#[derive(Clone, Debug)]
pub struct SliceIndices {
    next: isize,
    step: isize,
    left: usize,
}

impl Iterator for SliceIndices {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let index = self.next;
        self.next = self.next.wrapping_add(self.step);
        Some(index.cast_unsigned())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for SliceIndices {}

impl Range {
    /// `range(start, stop, step)`.
    ///
    /// # Errors
    ///
    /// `ValueError` for a step of 0; what the conversion of a bound raises.
    pub fn new<'py>(
        py: Py<'py>,
        start: impl IntoPy<'py>,
        stop: impl IntoPy<'py>,
        step: impl IntoPy<'py>,
    ) -> PyResult<'py, Obj<'py, Range>> {
        let range = Type::of::<Range>(py).call((start.into_py(py)?, stop.into_py(py)?, step.into_py(py)?))?;
        range.downcast_into().map_err(|_| SystemError::new_err(py, "range() returned no range"))
    }
}

impl<'py> Obj<'py, Range> {
    /// The start, stop and step.
    ///
    /// # Errors
    ///
    /// `OverflowError` if one does not fit.
    pub fn bounds(&self) -> PyResult<'py, (isize, isize, isize)> {
        let number = |name| self.getattr(name).and_then(|number| number.extract());
        Ok((number("start")?, number("stop")?, number("step")?))
    }
}
