//! What a root may hold: types with any brand.

use crate::def::{Class, ClassDef};
use crate::object::obj::Any;
use crate::object::types;

/// The type of a rooted object, whatever its brand: a built-in type, or a class with the brand `'static`.
pub trait Family: 'static {
    /// The type with a brand.
    type Of<'py>;
}

/// A type of objects that can be rooted.
pub trait Rooted<'py> {
    /// It, whatever its brand.
    type Family: Family<Of<'py> = Self>;
}

impl Family for Any {
    type Of<'py> = Any;
}

impl Rooted<'_> for Any {
    type Family = Any;
}

impl<C: ClassDef> Family for C {
    type Of<'py> = C::Of<'py>;
}

impl<'py, T: Class<'py>> Rooted<'py> for T
where
    T::Def: ClassDef<Of<'py> = T>,
{
    type Family = T::Def;
}

macro_rules! native {
    ($($name:ident)*) => { $(
        impl Family for types::$name {
            type Of<'py> = types::$name;
        }
        impl Rooted<'_> for types::$name {
            type Family = types::$name;
        }
    )* };
}
native! {
    MemoryView Bytes ByteArray Capsule NativeContextVar NativeContext NativeToken Dict Int List Module Float
    Complex Bool Set FrozenSet Slice Range Str Tuple Type WeakRef
}
