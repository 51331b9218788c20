//! `ExecContext`: the module's side of its exec.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::ptr::NonNull;

use crate::arguments::vectorcall::Arguments;
use crate::brand::Py;
use crate::class::attributes::set_attribute;
use crate::class::instance::create;
use crate::def::{Block, Class, ClassDef, ExecScope, Initializer, StateDef};
use crate::ffi;
use crate::object::convert::IntoPy;
use crate::object::err::PyResult;
use crate::object::obj::Obj;
use crate::object::types::Type;

/// What `#[exec]` may ask for to make instances of the module's own classes, where there is no state yet and so no
/// [`Cx`](crate::Cx).
///
/// ```
/// # #[insula::module]
/// # mod demo {
/// #     use insula::prelude::*;
/// #[class]
/// struct Missing;
///
/// #[state]
/// struct State<'py> {
///     missing: Obj<'py, Missing>,
/// }
///
/// #[exec]
/// fn exec<'py>(_: &Obj<'py, Module>, context: ExecContext<'py, State>) -> PyResult<'py, State<'py>> {
///     let missing = context.new(Missing)?;
///     context.set_attribute::<Missing>(c"INSTANCE", &missing)?;
///     Ok(State { missing })
/// }
/// # }
/// # fn main() {}
/// ```
pub struct ExecContext<'py, S: StateDef> {
    py: Py<'py>,
    block: NonNull<Block<S::Module>>,
    of: PhantomData<fn() -> S>,
}

/// The `ExecContext` of an exec.
pub fn exec_context<'py, S: StateDef>(scope: &ExecScope<'py, S::Module>) -> ExecContext<'py, S> {
    ExecContext { py: scope.py, block: scope.block, of: PhantomData }
}

impl<'py, S: StateDef> ExecContext<'py, S> {
    /// The type object of a class of this module.
    pub fn class<T: Class<'py>>(&self) -> &Obj<'py, Type>
    where
        T::Def: ClassDef<Module = S::Module>,
    {
        // SAFETY: exec holds the module, and its brand keeps `self` from outliving exec; the entry is made and a live
        // type.
        unsafe { Obj::from_place(self.block.as_ref().object(<T::Def as ClassDef>::INDEX)) }
    }

    /// A new instance of a class of this module, as [`Cx::new`](crate::Cx::new) makes it.
    ///
    /// # Errors
    ///
    /// `MemoryError`; `TypeError` for a class whose base makes the instances, such as `str`.
    #[allow(clippy::new_ret_no_self, reason = "it makes what it is asked for: an instance in this module")]
    pub fn new<I: Initializer<'py>>(&self, value: I) -> PyResult<'py, Obj<'py, I::Class>>
    where
        <I::Class as Class<'py>>::Def: ClassDef<Module = S::Module>,
    {
        // SAFETY: the type object is that of the class.
        unsafe {
            create(
                self.py,
                (*self.block.as_ref().object(value.place())).cast::<ffi::PyTypeObject>(),
                Arguments::positional(&[]),
                value,
                None,
            )
        }
    }

    /// Gives a class of this module an attribute: one that `#[classattr]` cannot make because it is an instance of such
    /// a class.
    ///
    /// # Errors
    ///
    /// What the conversion of the value raises; `MemoryError`.
    pub fn set_attribute<T: Class<'py>>(&self, name: &CStr, value: impl IntoPy<'py>) -> PyResult<'py, ()>
    where
        T::Def: ClassDef<Module = S::Module>,
    {
        set_attribute(self.class::<T>(), name, &value.into_py(self.py)?)
    }
}

impl<S: StateDef> std::fmt::Debug for ExecContext<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ExecContext")
    }
}
