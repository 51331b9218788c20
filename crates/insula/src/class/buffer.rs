//! The buffer protocol: memory that Python code may view and change.

use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crate::brand::{Brand, NotSend};
use crate::class::layout::check_complete;
use crate::def::ClassDef;
use crate::ffi;
use crate::object::err::PyErr;
use crate::object::obj::Obj;
use crate::object::trace::{Trace, Visitor};
use crate::trampoline::enter;

/// Bytes of a fixed number that a class exports through the buffer protocol (`__buffer__`).
///
/// Whoever holds a view may change the bytes at any time, also while detached from the interpreter. Rust code therefore
/// never gets a slice of them: it copies in and out, byte by byte.
///
/// ```
/// use insula::ByteBuffer;
/// fn first(buffer: &ByteBuffer<'_>) -> Option<u8> {
///     buffer.get(0)
/// }
/// ```
pub struct ByteBuffer<'py> {
    memory: Arc<Memory>,
    brand: Brand<'py>,
    not_send: NotSend,
}

/// Owned by the buffer, and by each view of it: where a cycle of objects dies, the views may go after the buffer.
struct Memory {
    bytes: Box<[AtomicU8]>,
    exports: AtomicUsize,
}

impl ByteBuffer<'_> {
    /// `size` bytes, all zero.
    pub fn zeroed(size: usize) -> Self {
        vec![0; size].into()
    }

    /// A copy of all bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        self.memory.bytes.iter().map(|byte| byte.load(Ordering::Relaxed)).collect()
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.memory.bytes.len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.memory.bytes.is_empty()
    }

    /// How many views are held now.
    pub fn exports(&self) -> usize {
        self.memory.exports.load(Ordering::Relaxed)
    }

    /// A copy of the byte at `index`, or nothing past the end.
    pub fn get(&self, index: usize) -> Option<u8> {
        self.memory.bytes.get(index).map(|byte| byte.load(Ordering::Relaxed))
    }

    /// Sets the byte at `index`; false past the end.
    pub fn set(&self, index: usize, value: u8) -> bool {
        self.memory.bytes.get(index).map(|byte| byte.store(value, Ordering::Relaxed)).is_some()
    }
}

/// These bytes, whose size stays as it is.
impl From<Vec<u8>> for ByteBuffer<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        let bytes = bytes.into_iter().map(AtomicU8::new).collect();
        let memory = Arc::new(Memory { bytes, exports: AtomicUsize::new(0) });
        ByteBuffer { memory, brand: Brand::default(), not_send: NotSend::default() }
    }
}

// SAFETY: plain data: no reference to report.
unsafe impl<'py> Trace<'py> for ByteBuffer<'py> {
    const HOLDS_OBJECTS: bool = false;
    fn trace_objects(&self, _: &mut Visitor<'_>) {}
}

impl std::fmt::Debug for ByteBuffer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ByteBuffer").field("len", &self.len()).field("exports", &self.exports()).finish()
    }
}

/// A class with a `__buffer__` method.
pub trait BufferSource {
    /// The class.
    type Class: ClassDef;

    /// Calls the user's method.
    fn buffer<'a, 'py>(slf: &'a Obj<'py, <Self::Class as ClassDef>::Of<'py>>) -> &'a ByteBuffer<'py>;
}

/// `bf_getbuffer`.
pub const fn getbuffer_slot<B: BufferSource>() -> ffi::PyType_Slot {
    ffi::PyType_Slot { slot: ffi::Py_bf_getbuffer, pfunc: getbuffer::<B> as *mut c_void }
}

/// `bf_releasebuffer`.
pub const fn releasebuffer_slot<B: BufferSource>() -> ffi::PyType_Slot {
    ffi::PyType_Slot { slot: ffi::Py_bf_releasebuffer, pfunc: releasebuffer as *mut c_void }
}

unsafe extern "C" fn getbuffer<B: BufferSource>(
    slf: *mut ffi::PyObject,
    view: *mut ffi::Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: a slot of the class, called attached on an instance. 1) The view owns a share of the memory, which goes
    // along in `internal`, a field for the exporter to use (C-API, "Buffer structure"); so the memory outlives the
    // view. 2) `AtomicU8` has the layout of a byte and may be written through a shared reference.
    unsafe {
        enter(|py| {
            if view.is_null() {
                return Err(PyErr::new::<crate::object::exceptions::BufferError>(
                    py,
                    "a view without a Py_buffer is obsolete",
                ));
            }
            // CPython leaves this field to the exporter to set, also when it fails.
            (*view).obj = std::ptr::null_mut();
            check_complete::<B::Class>(py, slf)?;
            let buffer = B::buffer(Obj::from_place(&slf));
            let data = buffer.memory.bytes.as_ptr().cast_mut().cast::<c_void>();
            let status = ffi::PyBuffer_FillInfo(view, slf, data, buffer.len().cast_signed(), 0, flags);
            PyErr::check(py, status)?;
            buffer.memory.exports.fetch_add(1, Ordering::Relaxed);
            (*view).internal = Arc::into_raw(Arc::clone(&buffer.memory)).cast_mut().cast();
            Ok(0)
        })
    }
}

unsafe extern "C" fn releasebuffer(_: *mut ffi::PyObject, view: *mut ffi::Py_buffer) {
    // SAFETY: called once for each view that `getbuffer` filled: the share of the memory that the view owns.
    unsafe {
        let memory = Arc::from_raw((*view).internal.cast::<Memory>());
        memory.exports.fetch_sub(1, Ordering::Relaxed);
    }
}
