//! Buffers of numbers.

use std::ffi::c_void;

use crate::ffi;
use crate::object::convert::{Argument, FromPy};
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BufferError, BuiltinException, MemoryError, TypeError, ValueError};
use crate::object::types::buffer::Buffer;
use crate::thread::critical_section::critical_section;

/// A number that the items of a [`Buffer`] can be.
///
/// # Safety
///
/// Any bytes are a value, and `fits` says of no format that it does which means something else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number that the items of a buffer can be",
    note = "they are integers of 8 to 64 bits, `f32` or `f64`: Python code may put any bytes there"
)]
pub unsafe trait Element: Copy + 'static {
    /// What Python calls it.
    const NAME: &'static str;

    /// Whether a format of the `struct` module means such numbers; their size is compared as well.
    fn fits(format: &str) -> bool;
}

macro_rules! elements {
    ($($kinds:literal: $($ty:ty)*;)*) => { $( $(
        // SAFETY: every pattern of bits is a number; the formats are those that the `struct` module documents for such
        // numbers, in this machine's order of bytes.
        unsafe impl Element for $ty {
            const NAME: &'static str = stringify!($ty);
            fn fits(format: &str) -> bool {
                let (order, kind) = match format.as_bytes() {
                    [kind] => (b'@', *kind),
                    [order, kind] => (*order, *kind),
                    _ => return false,
                };
                let native = match order {
                    b'@' | b'=' => true,
                    b'<' => cfg!(target_endian = "little"),
                    b'>' | b'!' => cfg!(target_endian = "big"),
                    _ => false,
                };
                (native || size_of::<$ty>() == 1 && b"<>!".contains(&order)) && $kinds.contains(&kind)
            }
        }
    )* )* };
}
elements! {
    b"bhilqn": i8 i16 i32 i64 isize;
    b"BHILQN": u8 u16 u32 u64 usize;
    b"fd": f32 f64;
}

/// `TypeError` if the object has no buffer, or one of other items.
impl<'py, S, T: Element> FromPy<'_, 'py, S> for Buffer<'py, T> {
    fn from_py(argument: &Argument<'_, 'py, '_, S>) -> PyResult<'py, Self> {
        // SAFETY: a live object.
        if unsafe { ffi::PyObject_CheckBuffer(argument.object().as_ptr()) } == 0 {
            return Err(argument.wrong_type(&format!("a buffer of {}", T::NAME)));
        }
        Buffer::of(argument.object())?.typed().map_err(|buffer| {
            let message = format!("expected a buffer of {}, not of items of the format '{}'", T::NAME, buffer.format());
            TypeError::new_err(argument.py(), message)
        })
    }
}

impl<'py, T: Element> Buffer<'py, T> {
    /// How many items there are, in all dimensions.
    pub fn count(&self) -> usize {
        self.len() / size_of::<T>()
    }

    /// Where the item with these indices lies, one for each dimension.
    fn place(&self, indices: &[usize]) -> Option<*mut c_void> {
        let shape = self.shape();
        if indices.len() != shape.len() || indices.iter().zip(&shape).any(|(index, length)| index >= length) {
            return None;
        }
        let view = self.view();
        if view.strides.is_null() {
            // The items lie one after the other. ctypes gives no strides, even to those who ask for them.
            let place = indices.iter().zip(&shape).fold(0, |place, (index, length)| place * length + index);
            // SAFETY: an index below the product of the shape, which counts the items of the memory.
            return Some(unsafe { view.buf.cast::<Unaligned<T>>().add(place).cast() });
        }
        let indices: Vec<isize> = indices.iter().map(|index| index.cast_signed()).collect();
        // SAFETY: a filled view with strides, and indices within its shape; PyBuffer_GetPointer follows strides and
        // suboffsets.
        Some(unsafe { ffi::PyBuffer_GetPointer(view, indices.as_ptr()) })
    }

    /// The item with these indices, one for each dimension; nothing if there is none.
    pub fn get(&self, indices: &[usize]) -> Option<T> {
        let place = self.place(indices)?;
        // SAFETY: the object that exports the memory is held by the view, and its memory not moved or freed while the
        // view is not released (Buffer Protocol, `PyObject_GetBuffer`). The item has the size of a `T`, for which any
        // bytes are a value, and which may lie anywhere; it is copied while no other thread that Python knows changes
        // it, and volatile, since one that does not may.
        unsafe { critical_section(self.view().obj, || Some(place.cast::<Unaligned<T>>().read_volatile().0)) }
    }

    /// Overwrites the item with these indices.
    ///
    /// # Errors
    ///
    /// `BufferError` if the memory is read-only; `ValueError` if there is no such item.
    pub fn set(&self, indices: &[usize], value: T) -> PyResult<'py, ()> {
        self.check_writable()?;
        let Some(place) = self.place(indices) else {
            return Err(ValueError::new_err(self.py(), "there is no item with these indices"));
        };
        // SAFETY: as in `get`; the exporter allows writing.
        unsafe { critical_section(self.view().obj, || place.cast::<Unaligned<T>>().write_volatile(Unaligned(value))) };
        Ok(())
    }

    fn check_writable(&self) -> PyResult<'py, ()> {
        if self.is_readonly() { Err(BufferError::new_err(self.py(), "the buffer is read-only")) } else { Ok(()) }
    }

    /// The items, read one by one where they are, the last dimension fastest.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        let shape = self.shape();
        let mut indices = vec![0; shape.len()];
        (0..self.count()).map_while(move |_| {
            let item = self.get(&indices);
            for (index, length) in indices.iter_mut().zip(&shape).rev() {
                *index += 1;
                if *index < *length {
                    break;
                }
                *index = 0;
            }
            item
        })
    }

    /// A copy of the items, in C's order.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn to_items(&self) -> PyResult<'py, Vec<T>> {
        let mut items: Vec<T> = Vec::new();
        if items.try_reserve_exact(self.count()).is_err() {
            return Err(MemoryError::with_args(self.py(), ()));
        }
        // SAFETY: a filled view, and room for as many bytes as it has, which are our own; CPython writes all of them,
        // and any bytes are a `T`.
        unsafe {
            let status = critical_section(self.view().obj, || {
                let into = items.as_mut_ptr().cast();
                let view = std::ptr::from_ref(self.view()).cast_mut();
                ffi::PyBuffer_ToContiguous(into, view, self.view().len, b'C' as _)
            });
            PyErr::check(self.py(), status)?;
            items.set_len(self.count());
        }
        Ok(items)
    }

    /// Overwrites all items, in C's order.
    ///
    /// # Errors
    ///
    /// `ValueError` if there are not just as many; `BufferError` if the memory is read-only.
    pub fn write_items(&self, items: &[T]) -> PyResult<'py, ()> {
        self.check_writable()?;
        if items.len() != self.count() {
            let message = format!("expected {} items, not {}", self.count(), items.len());
            return Err(ValueError::new_err(self.py(), message));
        }
        // SAFETY: a filled view of writable memory, and as many bytes as it has. `items` cannot overlap it: no slice of
        // a buffer is ever handed out.
        let status = unsafe {
            critical_section(self.view().obj, || {
                let view = std::ptr::from_ref(self.view()).cast_mut();
                ffi::PyBuffer_FromContiguous(view, items.as_ptr().cast_mut().cast(), self.view().len, b'C' as _)
            })
        };
        PyErr::check(self.py(), status)
    }
}

/// An item, wherever it lies.
#[repr(C, packed)]
struct Unaligned<T>(T);
