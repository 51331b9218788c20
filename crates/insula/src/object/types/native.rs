//! What makes a type a built-in one: its type object is known without an import, and so is the check.

use crate::ffi;

/// A built-in type.
///
/// # Safety
///
/// `check` is true only for instances of the type or of a subclass; `type_ptr` is its type object.
pub unsafe trait Native {
    /// The type's name in Python.
    const NAME: &'static str;

    /// Whether the object is an instance of the type or of a subclass.
    ///
    /// # Safety
    ///
    /// `object` is alive and the thread is attached.
    #[doc(hidden)]
    unsafe fn check(object: *mut ffi::PyObject) -> bool;

    /// The type object: static in CPython itself, alive as long as the process, and the same for every interpreter.
    #[doc(hidden)]
    fn type_ptr() -> *mut ffi::PyTypeObject;
}

/// Declares the marker of a built-in type, its check, and the conversion of parameters.
macro_rules! native {
    ($($(#[$doc:meta])* $name:ident $python:literal $check:ident $object:ident;)*) => { $(
        $(#[$doc])*
        pub enum $name {}
        // SAFETY: CPython's own check of the type or a subclass, and the type's own object.
        unsafe impl $crate::object::types::Native for $name {
            const NAME: &'static str = $python;
            #[inline]
            unsafe fn check(object: *mut $crate::ffi::PyObject) -> bool {
                // SAFETY: alive, by the caller's promise.
                unsafe { $crate::ffi::$check(object) != 0 }
            }
            #[inline]
            fn type_ptr() -> *mut $crate::ffi::PyTypeObject {
                &raw mut $crate::ffi::$object
            }
        }
        impl<'py, S> $crate::object::convert::Downcast<'py, S> for $name {
            #[inline]
            fn downcast<'a>(
                argument: &$crate::object::convert::Argument<'a, 'py, '_, S>,
            ) -> $crate::object::err::PyResult<'py, &'a $crate::object::obj::Obj<'py, Self>> {
                argument.object().downcast().ok_or_else(|| argument.wrong_type($python))
            }
        }
    )* };
}
pub(crate) use native;
