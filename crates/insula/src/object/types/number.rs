//! `float`, `complex` and `bool`.

use std::ptr::NonNull;

use crate::brand::Py;
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::obj::Obj;
use crate::object::types::native::native;

native! {
    /// Python's `float`.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn half<'py>(number: &Obj<'py, Float>) -> PyResult<'py, Obj<'py, Float>> {
    ///     Float::new(number.py(), number.value() / 2.0)
    /// }
    /// ```
    Float "float" PyFloat_Check PyFloat_Type;
    /// Python's `complex`.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn conjugate<'py>(number: &Obj<'py, Complex>) -> PyResult<'py, Obj<'py, Complex>> {
    ///     let (real, imaginary) = number.parts();
    ///     Complex::new(number.py(), real, -imaginary)
    /// }
    /// ```
    Complex "complex" PyComplex_Check PyComplex_Type;
    /// Python's `bool`.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn not<'py>(value: &Obj<'py, Bool>) -> Obj<'py, Bool> {
    ///     Bool::new(value.py(), !value.value())
    /// }
    /// ```
    Bool "bool" PyBool_Check PyBool_Type;
}

impl Float {
    /// A new `float`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn new(py: Py<'_>, value: f64) -> PyResult<'_, Obj<'_, Float>> {
        // SAFETY: a new `float` or NULL with an exception.
        unsafe { Obj::from_owned(py, ffi::PyFloat_FromDouble(value)) }
    }
}

impl Obj<'_, Float> {
    /// The number.
    pub fn value(&self) -> f64 {
        // SAFETY: a live `float`: the call cannot fail.
        unsafe { ffi::PyFloat_AsDouble(self.as_ptr()) }
    }
}

impl Complex {
    /// A new `complex`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn new(py: Py<'_>, real: f64, imaginary: f64) -> PyResult<'_, Obj<'_, Complex>> {
        // SAFETY: a new `complex` or NULL with an exception.
        unsafe { Obj::from_owned(py, ffi::PyComplex_FromDoubles(real, imaginary)) }
    }
}

impl Obj<'_, Complex> {
    /// The real and the imaginary part.
    pub fn parts(&self) -> (f64, f64) {
        // SAFETY: a live `complex`, whose parts can be read without its methods: the calls cannot fail.
        unsafe { (ffi::PyComplex_RealAsDouble(self.as_ptr()), ffi::PyComplex_ImagAsDouble(self.as_ptr())) }
    }
}

impl Bool {
    /// `True` or `False`.
    pub fn new(_: Py<'_>, value: bool) -> Obj<'_, Bool> {
        // SAFETY: the singletons are always alive; the new reference is the result's.
        unsafe {
            let singleton = if value { ffi::Py_True() } else { ffi::Py_False() };
            ffi::Py_INCREF(singleton);
            Obj::from_owned_non_null(NonNull::new_unchecked(singleton))
        }
    }
}

impl Obj<'_, Bool> {
    /// The truth.
    pub fn value(&self) -> bool {
        // SAFETY: Py_True has no precondition.
        self.as_ptr() == unsafe { ffi::Py_True() }
    }
}
