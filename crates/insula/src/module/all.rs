//! `__all__`, made or given.

use crate::def::All;
use crate::object::err::PyResult;
use crate::object::obj::Obj;
use crate::object::types::{List, Module, Str};

/// Sets `__all__`, once everything has its place in the module's `__dict__`.
pub(super) fn set_all<'py>(module: &Obj<'py, Module>, all: &All) -> PyResult<'py, ()> {
    let py = module.py();
    let names: Vec<Obj<'py, Str>> = match all {
        All::Names(names) => names.iter().map(|name| Str::intern(py, name)).collect::<PyResult<'_, _>>()?,
        All::Public => {
            let mut public = Vec::new();
            for name in &module.dict()?.keys()? {
                let Some(name) = name.downcast::<Str>() else { continue };
                if !name.to_str()?.starts_with('_') {
                    public.push(name.clone());
                }
            }
            public
        }
    };
    module.add("__all__", List::new(py, names)?)
}
