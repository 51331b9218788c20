//! Write CPython extension modules that are isolated by construction.
//!
//! *Isolated* is what CPython's HOWTO "Isolating Extension Modules" ([PEP 630]) means by it: every import makes a new
//! module object with its own types, exceptions and state; the module works in any number of interpreters, side by side
//! or one after another; it is collected when it is dropped.
//!
//! # Why it is sound
//!
//! 1. Every entry from Python into Rust mints a fresh lifetime `'py`, the *brand*. It is invariant, so it unifies with
//!    no other entry's and never with `'static`: a Python object cannot be put where another interpreter would find it.
//! 2. What outlives the entry, the fields of classes and of the module state, is re-branded on the next entry, and a
//!    derived proof ([`Trace`]) shows that every such field is either visible to the garbage collector or plain data.
//! 3. No object exists before its value does: the constructor returns the value, then memory is taken and the value
//!    moved in.
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

// On docs.rs, what takes a feature says so.
#![cfg_attr(docsrs, feature(doc_cfg))]

// From below to above: a module imports only from itself and from those before it (`tests/layers.rs`).
mod arguments;
mod brand;
mod call;
mod class;
mod closure;
mod coroutine;
mod cx;
mod def;
#[cfg(feature = "embed")]
pub mod embed;
mod ffi;
#[cfg(feature = "log")]
pub mod logging;
mod module;
mod object;
mod root;
#[doc(hidden)]
pub mod rt;
mod thread;
#[cfg(feature = "tokio")]
pub mod tokio;
mod trampoline;

#[cfg(doctest)]
mod guide;

pub use arguments::scope::Scope;
pub use arguments::vectorcall::Arguments;
pub use brand::Py;
pub use class::buffer::ByteBuffer;
pub use class::class_of::ClassOf;
pub use class::initializer::With;
pub use class::member::{Member, SetMember};
pub use coroutine::{AsyncCx, AsyncError, Awaited};
pub use cx::Cx;
pub use def::{Class, Initializer};
pub use insula_macros::{
    FromPy, IntoPy, IntoPyErr, Trace, class, constant, exception, exec, function, methods, module, state,
};
pub use module::exec_context::ExecContext;
pub use module::process_global::ProcessGlobal;
pub use object::cell::PyCell;
#[cfg(feature = "serde")]
pub use object::convert::crates::serde::Serde;
pub use object::convert::{Argument, Downcast, FromPy, IntoPy};
pub use object::err::{PyErr, PyResult};
pub use object::exception::Exception;
pub use object::guarded::{Guarded, GuardedMut, GuardedRef, InUse};
pub use object::memo::{Memo, Stamped, Stamps};
pub use object::obj::{Any, Obj};
pub use object::raise::IntoPyErr;
pub use object::slot::Slot;
pub use object::trace::{Plain, Trace, Visitor};
pub use object::{exceptions, types};
pub use root::{At, Family, Root, RootError, Rooted};
pub use thread::detach::Detach;

/// What nearly every module needs: `use insula::prelude::*;`.
pub mod prelude {
    pub use crate::object::exceptions::*;
    pub use crate::object::types::*;
    pub use crate::{
        Any, Argument, Arguments, AsyncCx, AsyncError, ByteBuffer, ClassOf, Cx, ExecContext, FromPy, Guarded, IntoPy,
        IntoPyErr, Obj, Py, PyCell, PyErr, PyResult, Root, Slot, Trace, With, class, constant, exception, exec,
        function, methods, state,
    };
}
