//! State that belongs to one class of a module object (HOWTO, "Per-Class Scope").

use crate::arguments::vectorcall::Arguments;
use crate::class::instance::create;
use crate::def::{ClassDef, ClassStateDef, EntryDef};
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::obj::Obj;
use crate::object::types::Module;

impl EntryDef {
    /// The state of a class.
    pub const fn class_state<C: ClassStateDef>() -> Self {
        EntryDef::Instance(make_class_state::<C>)
    }
}

/// Makes the state of a class for one module object. The module holds, visits and releases it with its types.
fn make_class_state<'py, C: ClassStateDef>(
    module: &Obj<'py, Module>,
    made: &[*mut ffi::PyObject],
) -> PyResult<'py, Obj<'py>> {
    // SAFETY: the types of the module are made before the states of its classes.
    unsafe {
        let value = C::make(Obj::from_place(&made[C::INDEX]))?;
        create(module.py(), made[C::State::INDEX].cast(), Arguments::positional(&[]), value, None).map(Obj::into_any)
    }
}
