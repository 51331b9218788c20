//! The built-in types that an [`Obj`](crate::Obj) can be known to be, and what can be done with each.
//!
//! Each is a marker: an object known to be a `dict` is an `Obj<'py, Dict>`, which has the methods of a dictionary. What
//! every object can do (compare, hash, iterate, be indexed) is on `Obj<'py>`; [`as_any`](crate::Obj::as_any) leads
//! there from any type.
//!
//! Nothing here hands out a borrow of memory that Python code can change: items come as references of their own, bytes
//! of mutable buffers as copies. And nothing is kept for the process: a type or function that must be looked up by name
//! is looked up in the interpreter of the call, and kept, if at all, by the caller.
//!
//! ```
//! use insula::prelude::*;
//!
//! /// How often each item occurs.
//! fn count<'py>(items: &Obj<'py>) -> PyResult<'py, Obj<'py, Dict>> {
//!     let counts = Dict::new(items.py())?;
//!     for item in items.iter()? {
//!         let item = item?;
//!         let before: u64 = match counts.get(&item)? {
//!             Some(count) => count.extract()?,
//!             None => 0,
//!         };
//!         counts.set(item, before + 1)?;
//!     }
//!     Ok(counts)
//! }
//! ```

mod arithmetic;
mod buffer;
mod bytes;
mod call;
mod capsule;
mod compare;
mod context;
mod datetime;
mod dict;
mod element;
mod int;
mod iter;
mod list;
mod module;
mod native;
mod number;
mod object;
mod set;
mod slice;
mod str;
mod tuple;
mod r#type;
mod weakref;

pub use buffer::{Buffer, MemoryView, Untyped};
pub use bytes::{ByteArray, Bytes};
pub use call::CallArguments;
pub use capsule::Capsule;
pub use context::{NativeContext, NativeContextVar, NativeToken};
pub use datetime::{Date, DateTime, DateTimeTypes, Time, TimeDelta, TzInfo};
pub use dict::Dict;
pub use element::Element;
pub use int::Int;
pub use iter::Iter;
pub use list::{List, ListIter};
pub use module::Module;
pub use native::Native;
pub use number::{Bool, Complex, Float};
pub use set::{FrozenSet, Set};
pub use slice::{Range, Slice, SliceBounds, SliceIndices};
pub use str::Str;
pub use tuple::{Tuple, TupleIter};
pub use r#type::Type;
pub use weakref::WeakRef;
