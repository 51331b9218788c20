//! The value that an instance is made of.

use super::layout::write_part;
use crate::def::{Base, Class, ClassDef, Initializer, RootBase};
use crate::ffi;
use crate::object::obj::Obj;

// SAFETY: the class derives from a built-in type: there are no other fields.
unsafe impl<'py, T: Class<'py>> Initializer<'py> for T
where
    <T::Def as ClassDef>::Base: RootBase,
{
    type Class = T;

    #[inline]
    fn place(&self) -> usize {
        Class::place(self)
    }

    #[inline]
    unsafe fn write(self, object: *mut ffi::PyObject) {
        // SAFETY: the caller's promise.
        unsafe { write_part(object, self) }
    }
}

/// The value of a class that derives from another class of the module: its own fields, and the value of the other.
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// #[class(subclassable)]
/// struct Shape {
///     name: String,
/// }
///
/// #[class(base = Shape)]
/// struct Circle {
///     radius: f64,
/// }
///
/// #[methods]
/// impl Circle {
///     #[new]
///     fn new(radius: f64) -> With<Self, Shape> {
///         With(Circle { radius }, Shape { name: "circle".to_owned() })
///     }
/// }
/// # }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct With<C, B>(
    /// The fields of the class itself.
    pub C,
    /// The value of the class it derives from.
    pub B,
);

// SAFETY: the second value is one of the class that the first derives from, and writes its fields and those above.
unsafe impl<'py, C, B> Initializer<'py> for With<C, B>
where
    C: Class<'py>,
    B: Initializer<'py>,
    C::Def: ClassDef<Base = <B::Class as Class<'py>>::Def>,
{
    type Class = C;

    #[inline]
    unsafe fn write(self, object: *mut ffi::PyObject) {
        // SAFETY: the caller's promise, for each part.
        unsafe {
            self.1.write(object);
            write_part(object, self.0);
        }
    }
}

impl<'py, T: Class<'py>> Obj<'py, T> {
    /// This instance as one of the class or built-in type that its class derives from.
    pub fn as_base(&self) -> &Obj<'py, <<T::Def as ClassDef>::Base as Base>::Of<'py>> {
        // SAFETY: an instance of a class is one of its base.
        unsafe { self.cast_unchecked() }
    }
}
