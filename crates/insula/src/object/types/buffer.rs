//! The buffer protocol, from the consumer's side, and `memoryview`.

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use crate::brand::{Brand, NotSend, Py};
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, MemoryError, ValueError};
use crate::object::obj::Obj;
use crate::object::types::element::Element;
use crate::object::types::native::native;

native! {
    /// Python's `memoryview`.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn first_half<'py>(object: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
    ///     let view = MemoryView::new(object)?.into_any();
    ///     view.getitem(Slice::new(object.py(), 0, view.len()? / 2, 1)?)
    /// }
    /// ```
    MemoryView "memoryview" PyMemoryView_Check PyMemoryView_Type;
}

impl MemoryView {
    /// `memoryview(object)`.
    ///
    /// # Errors
    ///
    /// `TypeError` if the object has no buffer; what its exporter raises.
    pub fn new<'py, T>(object: &Obj<'py, T>) -> PyResult<'py, Obj<'py, MemoryView>> {
        // SAFETY: a live object; a new `memoryview` or NULL with an exception.
        unsafe { Obj::from_owned(object.py(), ffi::PyMemoryView_FromObject(object.as_ptr())) }
    }
}

/// The memory that an object exports, held until this is dropped: while it is, the exporter does not move or free it.
///
/// Python code may change what is in it at any time. So no slice of it is handed out; it is copied, in and out.
///
/// ```
/// use insula::prelude::*;
/// fn checksum<'py>(data: &Obj<'py>) -> PyResult<'py, u32> {
///     let bytes = Buffer::of(data)?.to_vec()?;
///     Ok(bytes.iter().map(|&byte| u32::from(byte)).sum())
/// }
/// ```
///
/// With a type of numbers, `Buffer<'py, f64>`, it is a parameter that takes arrays of just such numbers, of any number
/// of dimensions and strides: `array.array('d')`, a `memoryview`, a NumPy array. Items are read and written one by one
/// where they are, or copied all at once.
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// #[function]
/// fn sum(numbers: Buffer<'_, f64>) -> f64 {
///     numbers.iter().sum()
/// }
///
/// /// Works on a copy while other threads run Python code.
/// #[function]
/// fn largest<'py>(py: Py<'py>, numbers: Buffer<'py, f64>) -> PyResult<'py, f64> {
///     let numbers = numbers.to_items()?;
///     Ok(py.detach(numbers, |numbers| numbers.into_iter().fold(f64::MIN, f64::max)))
/// }
/// # }
/// # fn main() {}
/// ```
pub struct Buffer<'py, T = Untyped> {
    /// Boxed: some exporters let pointers of the view point into the view itself.
    view: Box<ffi::Py_buffer>,
    brand: Brand<'py>,
    not_send: NotSend,
    of: PhantomData<fn() -> T>,
}

/// Items of any format, seen as bytes.
pub enum Untyped {}

impl<'py> Buffer<'py> {
    /// The memory of an object, to read, whatever its shape and layout.
    ///
    /// # Errors
    ///
    /// `TypeError` if the object has no buffer; what its exporter raises.
    pub fn of<T>(object: &Obj<'py, T>) -> PyResult<'py, Self> {
        Self::request(object, ffi::PyBUF_FULL_RO)
    }

    /// The memory of an object, to read and write, whatever its shape and layout.
    ///
    /// # Errors
    ///
    /// `TypeError` if the object has no buffer; `BufferError` if it is read-only.
    pub fn writable<T>(object: &Obj<'py, T>) -> PyResult<'py, Self> {
        Self::request(object, ffi::PyBUF_FULL)
    }

    fn request<T>(object: &Obj<'py, T>, flags: c_int) -> PyResult<'py, Self> {
        let mut view = Box::new(MaybeUninit::<ffi::Py_buffer>::uninit());
        // SAFETY: a live object; PyObject_GetBuffer fills the view unless it fails.
        unsafe {
            PyErr::check(object.py(), ffi::PyObject_GetBuffer(object.as_ptr(), view.as_mut_ptr(), flags))?;
            Ok(Buffer { view: view.assume_init(), brand: PhantomData, not_send: PhantomData, of: PhantomData })
        }
    }

    /// The same memory as items of a type; the buffer itself if they are of another.
    ///
    /// # Errors
    ///
    /// The buffer, where its items have another format or size.
    pub fn typed<T: Element>(self) -> Result<Buffer<'py, T>, Self> {
        if !T::fits(&self.format()) || self.item_size() != size_of::<T>() {
            return Err(self);
        }
        let this = std::mem::ManuallyDrop::new(self);
        // SAFETY: the view is moved out of a value that is not dropped.
        let view = unsafe { std::ptr::read(&raw const this.view) };
        Ok(Buffer { view, brand: PhantomData, not_send: PhantomData, of: PhantomData })
    }
}

impl<'py, T> Buffer<'py, T> {
    pub(super) fn view(&self) -> &ffi::Py_buffer {
        &self.view
    }

    /// The proof of attachment.
    pub fn py(&self) -> Py<'py> {
        // SAFETY: a `Buffer<'py>` is neither sent nor stored: it is only touched while attached to its interpreter.
        unsafe { Py::assume_attached() }
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        usize::try_from(self.view.len).unwrap_or(0)
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the memory cannot be written.
    pub fn is_readonly(&self) -> bool {
        self.view.readonly != 0
    }

    /// The size of an item in bytes.
    pub fn item_size(&self) -> usize {
        usize::try_from(self.view.itemsize).unwrap_or(0)
    }

    /// The format of an item, as the `struct` module writes it.
    pub fn format(&self) -> String {
        if self.view.format.is_null() {
            return "B".to_owned();
        }
        // SAFETY: the exporter's NUL-terminated format, alive as long as the view; it is copied at once.
        unsafe { CStr::from_ptr(self.view.format).to_string_lossy().into_owned() }
    }

    /// The length in each dimension; none for a single item.
    pub fn shape(&self) -> Vec<usize> {
        if self.view.shape.is_null() {
            return Vec::new();
        }
        let dimensions = usize::try_from(self.view.ndim).unwrap_or(0);
        // SAFETY: where there is a shape it has `ndim` numbers, alive as long as the view; they are copied at once.
        let shape = unsafe { std::slice::from_raw_parts(self.view.shape, dimensions) };
        shape.iter().map(|&length| usize::try_from(length).unwrap_or(0)).collect()
    }

    /// Whether the items lie one after the other, in C's order.
    pub fn is_contiguous(&self) -> bool {
        // SAFETY: a filled view.
        unsafe { ffi::PyBuffer_IsContiguous(&*self.view, b'C' as _) != 0 }
    }

    /// A copy of the bytes, in C's order.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn to_vec(&self) -> PyResult<'py, Vec<u8>> {
        let mut bytes = Vec::new();
        if bytes.try_reserve_exact(self.len()).is_err() {
            return Err(MemoryError::with_args(self.py(), ()));
        }
        bytes.resize(self.len(), 0_u8);
        // SAFETY: a filled view, and room for as many bytes as it has, which are our own.
        let status = unsafe {
            ffi::PyBuffer_ToContiguous(
                bytes.as_mut_ptr().cast(),
                (&raw const *self.view).cast_mut(),
                self.view.len,
                b'C' as _,
            )
        };
        PyErr::check(self.py(), status).map(|()| bytes)
    }

    /// Overwrites all the bytes, in C's order.
    ///
    /// # Errors
    ///
    /// `ValueError` if there are not just as many; `BufferError` if the memory is read-only.
    pub fn write(&self, bytes: &[u8]) -> PyResult<'py, ()> {
        if self.is_readonly() {
            let message = "the buffer is read-only";
            return Err(crate::object::exceptions::BufferError::new_err(self.py(), message));
        }
        if bytes.len() != self.len() {
            let message = format!("expected {} bytes, not {}", self.len(), bytes.len());
            return Err(ValueError::new_err(self.py(), message.as_str()));
        }
        // SAFETY: a filled view of writable memory, and as many bytes as it has. `bytes` cannot overlap it: no slice of
        // a writable buffer is ever handed out.
        let status = unsafe {
            ffi::PyBuffer_FromContiguous(
                (&raw const *self.view).cast_mut(),
                bytes.as_ptr().cast_mut().cast(),
                self.view.len,
                b'C' as _,
            )
        };
        PyErr::check(self.py(), status)
    }
}

impl<T> Drop for Buffer<'_, T> {
    fn drop(&mut self) {
        // SAFETY: a filled view, released once; the thread is attached, as for every use of `self`.
        unsafe { ffi::PyBuffer_Release(&mut *self.view) }
    }
}
