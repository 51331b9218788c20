//! What the macros call and trusts its caller is `unsafe`, or cannot be made by hand.

use common::prelude::*;
use insula::rt::Operation;

/// Would set an attribute of a type past `tp_setattro`.
pub fn set_on_type<'py>(ty: &Obj<'py>, name: &Obj<'py>, value: &Obj<'py>) -> PyResult<'py, ()> {
    insula::rt::SetAttr::instead(ty, &[name.clone(), value.clone()]) //~ ERROR E0133
}

/// Would have CPython read a table that is none.
pub fn table<M: insula::rt::ModuleDef>() -> insula::rt::ModuleTable {
    insula::rt::ModuleTable::new::<M>(8 as *mut _, c"") //~ ERROR E0133
}

/// Would look for the names of parameters where other objects are.
pub fn signature() -> insula::rt::Signature {
    insula::rt::Signature::new(c"f", &[], 0, 0, false, false, 7) //~ ERROR E0133
}
