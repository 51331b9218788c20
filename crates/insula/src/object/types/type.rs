//! Types.

use std::ptr::NonNull;

use crate::brand::Py;
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::obj::Obj;
use crate::object::types::native::native;
use crate::object::types::object::truth;
use crate::object::types::{Native, Str};

native! {
    /// A type object.
    ///
    /// ```
    /// use insula::prelude::*;
    /// fn exact_ints<'py>(items: &Obj<'py, List>) -> usize {
    ///     let int = Type::of::<Int>(items.py());
    ///     items.iter().filter(|item| item.get_type().is(&int)).count()
    /// }
    /// ```
    Type "type" PyType_Check PyType_Type;
}

impl Type {
    /// The type object of a built-in type.
    pub fn of<T: Native>(_: Py<'_>) -> Obj<'_, Type> {
        // SAFETY: the type objects of built-in types are always alive; the new reference is the result's.
        unsafe {
            let ty = T::type_ptr().cast::<ffi::PyObject>();
            ffi::Py_INCREF(ty);
            Obj::from_owned_non_null(NonNull::new_unchecked(ty))
        }
    }
}

impl<'py> Obj<'py, Type> {
    /// `__name__` of the type, or `"?"` where it is no text.
    pub fn name(&self) -> String {
        self.text("__name__")
    }

    /// `__qualname__` of the type, or `"?"` where it is no text.
    pub fn qualname(&self) -> String {
        self.text("__qualname__")
    }

    /// `__module__` of the type, or `"?"` where it is no text.
    pub fn module(&self) -> String {
        self.text("__module__")
    }

    fn text(&self, name: &str) -> String {
        let text = self.getattr(name).ok();
        let text = text.as_ref().and_then(|name| name.downcast::<Str>());
        text.and_then(|name| name.to_str().ok()).unwrap_or("?").to_owned()
    }

    /// `issubclass(self, class)`; `class` may be a type, a union, or a tuple of these.
    ///
    /// # Errors
    ///
    /// `TypeError` if `class` is none of these; what a metaclass's `__subclasscheck__` raises.
    pub fn is_subclass<T>(&self, class: &Obj<'py, T>) -> PyResult<'py, bool> {
        // SAFETY: both objects are alive.
        truth(self.py(), unsafe { ffi::PyObject_IsSubclass(self.as_ptr(), class.as_ptr()) })
    }

    /// Whether this type really derives from `base`, or is it: by its bases, without asking any metaclass.
    pub fn is_subtype(&self, base: &Obj<'py, Type>) -> bool {
        // SAFETY: both are live type objects.
        unsafe { ffi::PyType_IsSubtype(self.as_ptr().cast(), base.as_ptr().cast()) != 0 }
    }
}
