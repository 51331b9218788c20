//! What the macros describe, and what a module object keeps: definitions, the state block and the interpreter's record.

mod base;
mod block;
mod class;
mod free_list;
mod listed;
mod module;
mod record;
mod tables;

pub use base::Base;
pub(crate) use base::{BaseFor, Origin, RootBase, SameModule};
pub(crate) use block::{Block, OWN_TYPES};
pub use class::{Class, ClassAttribute, ClassDef, ClassStateDef, Initializer, New};
pub(crate) use class::{defining_type, module_of};
pub use free_list::FreeList;
pub use listed::{
    ClassItem, Described, FunctionItem, Listed, Methods, NO_ENTRY, NoMethods, all_bytes, all_len, arranged, class_doc,
    join, name_of, places, qualified, text, text_bytes, text_len, utf8,
};
pub use module::{All, EntryDef, ExceptionDef, ExecScope, ModuleDef, StateDef};
pub(crate) use record::{Record, Recorded};
pub use tables::{GetSetTable, MethodTable};
