//! What `#[module]` says about a module.

use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::atomic::AtomicBool;

use super::block::Block;
use super::class::ClassAttribute;
use super::free_list::FreeList;
use crate::brand::Py;
use crate::ffi;
use crate::object::err::PyResult;
use crate::object::exceptions::ExceptionBase;
use crate::object::obj::Obj;
use crate::object::trace::Trace;
use crate::object::types::{Module, Type};

/// What `#[module]` says about a module.
///
/// # Safety
///
/// For the macro to implement. `Objects` and `FreeLists` are arrays with one item for each of `ENTRIES`, in the same
/// order, and the `INDEX` of each class and exception of the module is its place there.
pub unsafe trait ModuleDef: 'static + Sized {
    /// The module state, `#[state]`.
    type State: StateDef<Module = Self> + 'static;
    /// The table of types, exceptions and names.
    type Objects: AsRef<[*mut ffi::PyObject]> + AsMut<[*mut ffi::PyObject]>;
    /// A free list for each of the entries; those of classes are used.
    type FreeLists: AsMut<[FreeList]>;
    /// The module's name.
    const NAME: &'static CStr;
    /// Whether only one module object may exist in the process, and whether one does (`once_per_process`).
    const ONCE: Option<&'static AtomicBool>;
    /// The classes, exceptions and names of parameters, in the order in which they are made.
    const ENTRIES: &'static [EntryDef];
    /// The constants.
    const CONSTANTS: &'static [ClassAttribute] = &[];
    /// The names that `__all__` has, where the module has one.
    const ALL: Option<All> = None;
    /// How many modules this is a submodule of, directly or not.
    const DEPTH: usize = 0;

    /// The user's `#[exec]`.
    ///
    /// # Errors
    ///
    /// What it raises.
    fn exec<'py>(
        module: &Obj<'py, Module>,
        scope: &ExecScope<'py, Self>,
    ) -> PyResult<'py, <Self::State as StateDef>::Of<'py>>;
}

/// The state type of a module, with any brand.
///
/// # Safety
///
/// For the macro to implement: `Of<'b>` is this type with the brand `'b`. It is `Module::State` itself, or what that
/// wraps transparently.
pub unsafe trait StateDef: Sized {
    /// The state with a brand.
    type Of<'b>: Trace<'b>;
    /// The module whose state this is.
    type Module: ModuleDef;
}

/// An exception class of a module, declared with `#[exception]`.
///
/// # Safety
///
/// For the macro to implement: `INDEX` is this entry's place in the module's table of objects.
#[doc(hidden)]
pub unsafe trait ExceptionDef: 'static {
    /// The module that owns the class.
    type Module: ModuleDef;
    /// The exception it derives from.
    type Base: ExceptionBase<Self::Module>;
    /// The place in the module's table of objects.
    const INDEX: usize;
    /// The qualified name, `module.Name`.
    const NAME: &'static CStr;
    /// The docstring.
    const DOC: Option<&'static CStr>;
}

/// Makes a type for a module object; the entries before it are made already.
pub(crate) type Make = for<'py> fn(&Obj<'py, Module>, &[*mut ffi::PyObject]) -> PyResult<'py, Obj<'py, Type>>;

/// Makes an object for a module object; the types are made already.
pub(crate) type MakeInstance = for<'py> fn(&Obj<'py, Module>, &[*mut ffi::PyObject]) -> PyResult<'py, Obj<'py>>;

/// Makes a submodule for a module object: a module object of its own, executed.
pub(crate) type MakeModule = for<'py> fn(&Obj<'py, Module>) -> PyResult<'py, Obj<'py, Module>>;

/// Puts the submodules of a module into `sys.modules`.
pub(crate) type Register = for<'py> fn(&Obj<'py, Module>) -> PyResult<'py, ()>;

/// What `__all__` has.
pub enum All {
    /// Every name in the module's `__dict__` that does not begin with an underscore.
    Public,
    /// These.
    Names(&'static [&'static CStr]),
}

/// What every module object makes for itself, in exec.
#[derive(Clone, Copy)]
pub enum EntryDef {
    /// A class or an exception, also put into the module's `__dict__`.
    Type(Make),
    /// A class that only Rust code knows.
    Hidden(Make),
    /// The state of a class, an instance of a hidden class.
    Instance(MakeInstance),
    /// A submodule, an attribute of the module.
    Submodule {
        /// Its own name.
        name: &'static CStr,
        /// Makes it.
        make: MakeModule,
        /// For the submodules that it has.
        register: Register,
    },
    /// The name of a parameter, interned.
    Name(&'static CStr),
}

/// Where exec runs: the module's block, whose classes are made and whose state is not.
pub struct ExecScope<'py, M: ModuleDef> {
    pub(crate) py: Py<'py>,
    pub(crate) block: NonNull<Block<M>>,
}

impl<'py, M: ModuleDef> ExecScope<'py, M> {
    /// # Safety
    ///
    /// Every entry of the block's table of objects is made; the module is held while exec runs.
    pub(crate) unsafe fn new(py: Py<'py>, block: NonNull<Block<M>>) -> Self {
        ExecScope { py, block }
    }
}
