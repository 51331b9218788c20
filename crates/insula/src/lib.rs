//! Write CPython extension modules that are isolated by construction.
//!
//! *Isolated* is what CPython's HOWTO "Isolating Extension Modules" ([PEP 630]) means by it: every import makes a new module
//! object with its own types, exceptions and state; the module works in any number of interpreters, side by side or one
//! after another; it is collected when it is dropped.
//!
//! # Why it is sound
//!
//! 1. Every entry from Python into Rust mints a fresh lifetime `'py`, the *brand*. It is invariant, so it unifies with no
//!    other entry's and never with `'static`: a Python object cannot be put where another interpreter would find it.
//! 2. What outlives the entry, the fields of classes and of the module state, is re-branded on the next entry, and a derived
//!    proof ([`Trace`]) shows that every such field is either visible to the garbage collector or plain data.
//! 3. No object exists before its value does: the constructor returns the value, then memory is taken and the value moved in.
//!
//! # A module
//!
//! ```
//! #[insula::module]
//! mod counting {
//!     use insula::prelude::*;
//!
//!     #[state]
//!     struct State<'py> {
//!         sentinel: Obj<'py>,
//!     }
//!
//!     #[exec]
//!     fn exec<'py>(module: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
//!         let py = module.py();
//!         module.add("LIMIT", 10)?;
//!         Ok(State { sentinel: Str::new(py, "sentinel")?.into_any() })
//!     }
//!
//!     /// The sentinel of this module object.
//!     #[function]
//!     fn sentinel<'py>(cx: Cx<'py, State>) -> Obj<'py> {
//!         cx.state().sentinel.clone()
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! [PEP 630]: https://peps.python.org/pep-0630/

mod attachment;
mod base;
mod boundary;
mod brand;
mod buffer;
mod call;
mod cell;
mod checked;
mod class;
mod class_of;
mod class_state;
mod convert;
mod cx;
mod detach;
#[cfg(feature = "embed")]
pub mod embed;
mod err;
mod exception;
pub mod exceptions;
mod export;
mod foreign;
mod freelist;
mod guarded;
#[cfg(doctest)]
mod guide;
mod locked;
mod making;
mod member;
mod memo;
mod module;
mod new;
mod obj;
mod pickle;
mod process_global;
mod root;
mod scope;
mod signature;
mod slot;
mod slots;
mod sync;
mod thread_state;
mod trace;
mod trashcan;
pub mod types;

pub use base::{Initializer, With};
pub use brand::Py;
pub use buffer::ByteBuffer;
pub use cell::PyCell;
pub use class::Class;
pub use class_of::ClassOf;
pub use convert::{Argument, Downcast, FromPy, IntoPy};
pub use cx::Cx;
pub use detach::Detach;
pub use err::{PyErr, PyResult};
pub use exception::Exception;
pub use guarded::{Guarded, GuardedMut, GuardedRef, InUse};
pub use insula_macros::{FromPy, IntoPy, Trace, class, exception, exec, function, methods, module, state};
pub use making::Making;
pub use member::{Member, SetMember};
pub use memo::{Memo, Stamped, Stamps};
pub use obj::{Any, Obj};
pub use process_global::ProcessGlobal;
pub use root::{At, Family, Root, RootError, Rooted};
pub use scope::Scope;
pub use signature::Arguments;
pub use slot::Slot;
pub use trace::{Plain, Trace, Visitor};

/// What nearly every module needs: `use insula::prelude::*;`.
pub mod prelude {
    pub use crate::exceptions::{BuiltinException, *};
    pub use crate::types::*;
    pub use crate::{
        Any, Argument, Arguments, ByteBuffer, ClassOf, Cx, FromPy, Guarded, IntoPy, Making, Obj, Py, PyCell, PyErr,
        PyResult, Root, Slot, Trace, With, class, exception, exec, function, methods, state,
    };
}

/// What the macros expand to. Not for use by hand: nothing here is stable.
#[doc(hidden)]
pub mod rt {
    pub use crate::base::{Base, Object as NoBase, payload_offset};
    pub use crate::buffer::{BufferSource, getbuffer_slot, releasebuffer_slot};
    pub use crate::call::{
        CLASS_GETITEM, ClassMethod, DICT_GETSET, Function, Kind, Method, Nothing, Object, Shape, StaticMethod,
        class_method_def, function_def, getset_def, method_def, readonly_getset_def, result, static_method_def,
    };
    pub use crate::class::{Class, ClassAttribute, ClassDef, downcast_class};
    pub use crate::class_state::ClassStateDef;
    pub use crate::convert::{Argument, Downcast, derive};
    pub use crate::cx::cx;
    pub use crate::exceptions::{ExceptionBase, ExceptionDef};
    pub use crate::export::{GetSetTable, MethodTable, ModuleTable};
    pub use crate::foreign::Foreign;
    pub use crate::freelist::FreeList;
    pub use crate::making::{ExecScope, making};
    pub use crate::member::{Member, SetMember};
    pub use crate::module::{EntryDef, ModuleDef, StateDef, exec_result};
    pub use crate::new::{Constructor, New, constructed, new_slot};
    pub use crate::scope::{ClassScope, FunctionScope, Scope, StaticScope};
    pub use crate::signature::{Arguments, Parameter, Signature};
    pub use crate::slots::*;
    pub use crate::trace::{MustNotImplDrop, Trace, Visitor, plain_field};
    pub use crate::types::Module;
    pub use crate::{ByteBuffer, Obj, PyResult};
    pub use pyo3_ffi as ffi;
}
