//! Capsules: plain Rust data in a Python object.

use std::any::Any;
use std::ffi::{CStr, CString, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::brand::Py;
use crate::ffi;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, TypeError, ValueError};
use crate::object::obj::Obj;
use crate::object::types::native::native;
use crate::thread::unwind::dispose;

native! {
    /// Python's capsule: plain Rust data, handed through Python code that cannot look into it.
    ///
    /// The data is `'static + Send + Sync`, so it holds no Python object, and the capsule owns it. It is found again
    /// only by its name and its exact type, and only by the library that put it there: what another library calls by
    /// the same name is none of its types.
    ///
    /// ```
    /// use insula::prelude::*;
    /// struct Settings {
    ///     depth: usize,
    /// }
    /// fn make<'py>(py: Py<'py>) -> PyResult<'py, Obj<'py, Capsule>> {
    ///     Capsule::new(py, c"example.settings", Settings { depth: 3 })
    /// }
    /// fn depth<'py>(capsule: &Obj<'py, Capsule>) -> PyResult<'py, usize> {
    ///     Ok(capsule.get::<Settings>(c"example.settings")?.depth)
    /// }
    /// ```
    Capsule "PyCapsule" PyCapsule_CheckExact PyCapsule_Type;
}

/// What a capsule of ours points at.
struct Held {
    name: CString,
    value: Box<dyn Any + Send + Sync>,
}

/// Its address, as the context of a capsule, tells that the capsule is ours and so points at a `Held`.
static OURS: u8 = 1;

fn ours() -> *mut c_void {
    (&raw const OURS).cast_mut().cast()
}

impl Capsule {
    /// A new capsule that owns `value`.
    ///
    /// # Errors
    ///
    /// `MemoryError`.
    pub fn new<'py, T: Send + Sync + 'static>(py: Py<'py>, name: &CStr, value: T) -> PyResult<'py, Obj<'py, Capsule>> {
        let held = Box::into_raw(Box::new(Held { name: name.to_owned(), value: Box::new(value) }));
        // SAFETY: `held` is not NULL; its name lives as long as the capsule, which owns it. Until the capsule is marked
        // as ours nobody else sees it, and it has no destructor yet: if it cannot be made, the value is taken back.
        unsafe {
            let made: PyResult<'py, Obj<'py, Capsule>> =
                Obj::from_owned(py, ffi::PyCapsule_New(held.cast(), (*held).name.as_ptr(), None));
            let marked = made.and_then(|capsule| {
                PyErr::check(py, ffi::PyCapsule_SetContext(capsule.as_ptr(), ours()))?;
                PyErr::check(py, ffi::PyCapsule_SetDestructor(capsule.as_ptr(), Some(drop_held)))?;
                Ok(capsule)
            });
            if marked.is_err() {
                drop(Box::from_raw(held));
            }
            marked
        }
    }
}

/// The destructor of our capsules.
unsafe extern "C" fn drop_held(capsule: *mut ffi::PyObject) {
    // SAFETY: CPython destroys a capsule that `Capsule::new` made, once: it owns a `Held` under its own name.
    let held = unsafe {
        let held = ffi::PyCapsule_GetPointer(capsule, ffi::PyCapsule_GetName(capsule)).cast::<Held>();
        if held.is_null() {
            // Something gave the capsule another name while it was destroyed; what it holds cannot be reached any more.
            return ffi::PyErr_Clear();
        }
        Box::from_raw(held)
    };
    // The panic hook has reported a panic already; it must not unwind into C.
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(held))) {
        dispose(panic);
    }
}

impl<'py> Obj<'py, Capsule> {
    /// The capsule's name.
    pub fn name(&self) -> Option<CString> {
        // SAFETY: a live capsule, whose name is NULL or NUL-terminated; it is copied at once.
        unsafe {
            let name = ffi::PyCapsule_GetName(self.as_ptr());
            (!name.is_null()).then(|| CStr::from_ptr(name).to_owned())
        }
    }

    /// What the capsule holds.
    ///
    /// # Errors
    ///
    /// `ValueError` if it has another name; `TypeError` if it holds another type, or another library made it.
    pub fn get<T: Send + Sync + 'static>(&self, name: &CStr) -> PyResult<'py, &T> {
        // SAFETY: a live capsule and a NUL-terminated name.
        if unsafe { ffi::PyCapsule_IsValid(self.as_ptr(), name.as_ptr()) } == 0 {
            let found = self.name().unwrap_or_default();
            let message = format!("expected a capsule named {name:?}, not {found:?}");
            return Err(ValueError::new_err(self.py(), message.as_str()));
        }
        // SAFETY: a live capsule with this name. The context of a capsule that another library made is not the address
        // of our own static. Ours points at a `Held` for as long as it lives, which `&self` ensures; it is never
        // changed.
        let held = unsafe {
            if ffi::PyCapsule_GetContext(self.as_ptr()) == ours() {
                ffi::PyCapsule_GetPointer(self.as_ptr(), name.as_ptr()).cast::<Held>().as_ref()
            } else {
                None
            }
        };
        held.and_then(|held| held.value.downcast_ref()).ok_or_else(|| {
            let message = format!("the capsule {name:?} does not hold a {}", std::any::type_name::<T>());
            TypeError::new_err(self.py(), message.as_str())
        })
    }
}
