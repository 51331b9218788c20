//! Enums as classes, and what the options of a class take from Rust's traits.

use std::ffi::CStr;
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::attributes::set_attribute;
use super::instance::create;
use crate::arguments::scope::Scope;
use crate::arguments::vectorcall::Arguments;
use crate::brand::Py;
use crate::def::{Class, ClassDef, Initializer};
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::{PyErr, PyResult};
use crate::object::exceptions::{BuiltinException, SystemError};
use crate::object::obj::Obj;
use crate::object::types::{Dict, Str, Tuple, Type};

/// An enum of unit variants, whose members are attributes of the class.
pub trait Enumeration: Sized + 'static {
    /// The names and values, in order.
    #[allow(clippy::type_complexity, reason = "a pair of a name and what makes the value")]
    const VARIANTS: &'static [(&'static CStr, fn() -> Self)];

    /// Which of them this is.
    fn variant(&self) -> usize;
}

/// The name of a member.
pub fn member_name<E: Enumeration>(value: &E) -> &'static str {
    E::VARIANTS[value.variant()].0.to_str().unwrap_or_default()
}

/// Gives the class of an enum its members, and `__members__`, by which they are found in order.
///
/// # Errors
///
/// `MemoryError`.
pub fn finish_enum<'py, E>(made: &Obj<'py, Type>) -> PyResult<'py, ()>
where
    E: Enumeration + Class<'py> + Initializer<'py, Class = E>,
{
    let py = made.py();
    let members = Dict::new(py)?;
    for (name, value) in E::VARIANTS {
        // SAFETY: the type object of the class.
        let member = unsafe { create(py, made.as_ptr().cast(), Arguments::positional(&[]), value(), None)? };
        members.set(&Str::intern(py, name)?, &member)?;
        set_attribute(made, name, &member.into_any())?;
    }
    // SAFETY: a live dictionary; a new read-only view of it or NULL with an exception.
    let view: Obj<'py> = unsafe { Obj::from_owned(py, ffi::PyDictProxy_New(members.as_ptr()))? };
    set_attribute(made, c"__members__", &view)
}

/// The member for a value. The class is immutable, so that it is the one that was made with the class.
///
/// # Errors
///
/// `RuntimeError` if the module is not initialised.
pub fn enum_member<'py, E, S>(scope: &S, value: &E) -> PyResult<'py, Obj<'py>>
where
    E: Enumeration + Class<'py>,
    S: Scope<'py, Module = <E::Def as ClassDef>::Module>,
{
    class::<E, S>(scope, <E::Def as ClassDef>::INDEX)?.getattr(member_name(value))
}

/// A new instance of a class of the module that the place belongs to.
///
/// # Errors
///
/// `RuntimeError` if the module is not initialised; `MemoryError`.
pub fn new_instance<'py, I, S>(scope: &S, value: I) -> PyResult<'py, Obj<'py>>
where
    I: Initializer<'py>,
    S: Scope<'py, Module = <<I::Class as Class<'py>>::Def as ClassDef>::Module>,
{
    let class = class::<I::Class, S>(scope, value.place())?;
    // SAFETY: the type object of the class, or of the variant that the value is.
    let made = unsafe { create(scope.py(), class.as_ptr().cast(), Arguments::positional(&[]), value, None)? };
    Ok(made.into_any())
}

/// The type object at a place of the module's table.
fn class<'py, T, S>(scope: &S, place: usize) -> PyResult<'py, Obj<'py, Type>>
where
    T: Class<'py>,
    S: Scope<'py, Module = <T::Def as ClassDef>::Module>,
{
    let block = scope.block()?;
    // SAFETY: the block is initialised and lives for the call; the places of classes hold live types.
    unsafe { Ok(Obj::<Type>::from_place(block.as_ref().object(place)).clone()) }
}

/// Makes the class of a variant an attribute of its enum's class.
///
/// # Errors
///
/// `MemoryError`.
pub fn finish_variant<'py>(made: &Obj<'py, Type>, name: &str) -> PyResult<'py, ()> {
    let base = made.getattr("__base__")?.downcast_into::<Type>();
    let Ok(base) = base else { return Err(other_variant(made.py())) };
    let Ok(name) = std::ffi::CString::new(name) else { return Err(other_variant(made.py())) };
    set_attribute(&base, &name, made.as_any())
}

/// The error of an instance that is not what its class says; there is none.
#[cold]
pub fn other_variant(py: Py<'_>) -> PyErr<'_> {
    SystemError::new_err(py, "the value is of another variant")
}

/// `__match_args__`.
///
/// # Errors
///
/// `MemoryError`.
pub fn match_args<'py>(py: Py<'py>, names: &[&str]) -> PyResult<'py, Obj<'py>> {
    Tuple::new(py, names.iter().copied()).map(Obj::into_any)
}

/// `Enum.Variant(field=value)`.
///
/// # Errors
///
/// What the `__repr__` of a field raises.
pub fn variant_repr<'py>(slf: &Obj<'py>, names: &[&str], named: bool) -> PyResult<'py, String> {
    let qualname = slf.get_type().getattr("__qualname__")?;
    let mut fields = Vec::new();
    for name in names {
        let text = slf.getattr(*name)?.repr()?;
        let text = text.to_str_lossy();
        fields.push(if named { format!("{name}={text}") } else { text.into_owned() });
    }
    Ok(format!("{}({})", qualname.str()?.to_str_lossy(), fields.join(", ")))
}

/// What pickles a variant: its class and its fields.
///
/// # Errors
///
/// What a field raises.
pub fn reduce_variant<'py>(slf: &Obj<'py>, names: &[&str]) -> PyResult<'py, Obj<'py>> {
    let fields = names.iter().map(|name| slf.getattr(*name)).collect::<PyResult<'py, Vec<_>>>()?;
    (slf.get_type(), Tuple::new(slf.py(), fields)?).into_py(slf.py())
}

/// What pickles a member of an enum: the attribute of its class.
///
/// # Errors
///
/// What the import of `builtins` raises.
pub fn reduce_member<'py>(slf: &Obj<'py>, name: &str) -> PyResult<'py, Obj<'py>> {
    let getattr = slf.py().import("builtins")?.getattr("getattr")?;
    (getattr, (slf.get_type(), name)).into_py(slf.py())
}

/// A hash by Rust's trait, the same in each process.
pub fn hash_of<T: Hash + ?Sized>(value: &T) -> isize {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish().cast_signed() as isize
}

/// The text by Rust's `Debug`.
pub fn debug_text<T: Debug + ?Sized>(value: &T) -> String {
    format!("{value:?}")
}

/// A class that is cloned where a function takes it by value.
#[doc(hidden)]
pub trait Cloned<'py>: Sized {
    /// A copy.
    fn cloned(&self) -> Self;
}

impl<T: Clone> Cloned<'_> for T {
    fn cloned(&self) -> Self {
        self.clone()
    }
}
