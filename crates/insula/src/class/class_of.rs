//! `ClassOf`: a class of the module, kept where there is no `Cx`.

use std::marker::PhantomData;

use crate::class::layout::is_complete;
use crate::def::Class;
use crate::ffi;
use crate::object::obj::Obj;
use crate::object::trace::{Trace, Visitor};
use crate::object::types::Type;

/// A reference to the type object of a class of a module: tells the instances of just that class, without a
/// [`Cx`](crate::Cx) and so without looking for the module.
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// #     #[state]
/// #     struct State;
/// #[class]
/// struct Point {
///     x: f64,
/// }
///
/// #[class]
/// struct Points<'py> {
///     of: ClassOf<'py, Point>,
/// }
///
/// #[methods]
/// impl<'py> Points<'py> {
///     #[new]
///     fn new(cx: Cx<'py, State>) -> Self {
///         Points { of: cx.class_of() }
///     }
///     fn x(&self, object: &Obj<'py>) -> Option<f64> {
///         self.of.downcast(object).map(|point| point.x)
///     }
/// }
/// # }
/// # fn main() {}
/// ```
pub struct ClassOf<'py, T> {
    class: Obj<'py, Type>,
    of: PhantomData<fn() -> T>,
}

impl<'py, T: Class<'py>> ClassOf<'py, T> {
    /// # Safety
    ///
    /// `class` is the type object of the class `T`, of whichever module object.
    pub(crate) unsafe fn new(class: Obj<'py, Type>) -> Self {
        ClassOf { class, of: PhantomData }
    }

    /// The object as an instance of the class, if it is one; an instance of a subclass is none.
    #[inline]
    pub fn downcast<'a>(&self, object: &'a Obj<'py>) -> Option<&'a Obj<'py, T>> {
        // SAFETY: both are alive; an instance of just this type, once complete, has `T`'s payload.
        unsafe {
            let is_one = ffi::Py_TYPE(object.as_ptr()).cast::<ffi::PyObject>() == self.class.as_ptr()
                && is_complete::<T::Def>(object.as_ptr());
            is_one.then(|| object.cast_unchecked())
        }
    }
}

impl<T> Clone for ClassOf<'_, T> {
    fn clone(&self) -> Self {
        ClassOf { class: self.class.clone(), of: PhantomData }
    }
}

// SAFETY: one owned reference, reported once; it cannot change.
unsafe impl<'py, T> Trace<'py> for ClassOf<'py, T> {
    fn trace_objects(&self, visitor: &mut Visitor<'_>) {
        self.class.trace_objects(visitor);
    }
}

impl<T> std::fmt::Debug for ClassOf<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ClassOf").field(&self.class).finish()
    }
}
