//! The attributes of a type that exec has just made: its qualified name, its class attributes, how its instances are
//! pickled.

use std::ffi::CStr;

use super::pickle::refusal;
use crate::def::{Base, ClassAttribute, ClassDef, New, Origin};
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::obj::Obj;
use crate::object::types::{Dict, Str, Type};

/// Whether instances can be pickled though the class does not say how: as the base does, where that is all there is to
/// them.
const fn pickles_as_base<C: ClassDef>() -> bool {
    // An exception is made again from its `args`.
    matches!(C::NEW, New::Inherited) || matches!(C::Base::ORIGIN, Origin::New { arguments: true })
}

/// Gives a type that nobody has seen yet its qualified name and the class attributes.
pub(crate) fn set_attributes<'py, C: ClassDef>(made: &Obj<'py, Type>) -> PyResult<'py, ()> {
    let py = made.py();
    if let Some(name) = C::QUALNAME {
        let name = Str::intern(py, name)?.into_ptr();
        // SAFETY: a heap type owns a reference to its `__qualname__`, which is released once the new one is in place.
        unsafe {
            let ty = made.as_ptr().cast::<ffi::PyHeapTypeObject>();
            let before = std::mem::replace(&mut (*ty).ht_qualname, name);
            ffi::Py_XDECREF(before);
        }
    }
    for ClassAttribute { name, make } in C::ATTRIBUTES {
        set_attribute(made, name, &make(py)?)?;
    }
    C::finish(made)?;
    if !C::PICKLES && !pickles_as_base::<C>() {
        set_attribute(made, c"__reduce__", &refusal(made)?)?;
    }
    Ok(())
}

/// Puts an attribute into the dictionary of a heap type of the module, which may be immutable for others.
pub(crate) fn set_attribute<'py>(made: &Obj<'py, Type>, name: &CStr, value: &Obj<'py>) -> PyResult<'py, ()> {
    with_dict(made, |dict| dict.set(&Str::intern(made.py(), name)?, value))
}

/// Changes the dictionary of such a type.
pub(super) fn with_dict<'py, R>(
    made: &Obj<'py, Type>,
    change: impl FnOnce(&Obj<'py, Dict>) -> PyResult<'py, R>,
) -> PyResult<'py, R> {
    let py = made.py();
    let ty = made.as_ptr().cast::<ffi::PyTypeObject>();
    // SAFETY: a ready heap type has a dictionary of its own; PyType_GetDict gives a new reference to it.
    // PyType_Modified makes CPython forget what it may have cached.
    unsafe {
        #[cfg(Py_3_12)]
        let dict: Obj<'_, Dict> = Obj::from_owned(py, ffi::PyType_GetDict(ty))?;
        #[cfg(not(Py_3_12))]
        let dict: Obj<'_, Dict> = Obj::from_borrowed(py, (*ty).tp_dict)?;
        let changed = change(&dict)?;
        ffi::PyType_Modified(ty);
        Ok(changed)
    }
}
