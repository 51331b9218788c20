//! Private images of extension modules: what makes any extension one per interpreter, unmodified.
//!
//! An extension keeps its process-wide variables in its image, the shared object as it is mapped. The dynamic loader
//! tells images apart by file; so a *copy* of the file is another image with variables of its own, and its calls are
//! the same machine code. One copy for each interpreter, and the copy's process is the interpreter.
//!
//! # What ties two copies together, and what is done about it
//!
//! 1. *Names.* A copy has a path and a soname that nothing else has; see `copy` and `closure`.
//! 2. *Bundled libraries* are copied with the extension; see `closure`.
//! 3. *Symbols that are one for the process* (STB_GNU_UNIQUE) become the copy's own; see `closure`.
//! 4. *Functions that mean the main interpreter or the process* are bound to shims that mean the copy's interpreter,
//!    before any code of the copy runs; see `shims`.
//! 5. *CPython's own tables*, by file name and by definition, are not used: the init function is called here; see
//!    `python`.
//!
//! All that needs `unsafe` for `insula_isolate` is in this crate.

mod bind;
mod closure;
mod construct;
mod copy;
mod elf;
mod error;
mod find;
mod gate;
mod image;
mod life;
mod loader;
mod mending;
mod module;
mod others;
mod owner;
mod plugin;
mod python;
mod reached;
mod shim_calls;
mod shim_dl;
mod shim_join;
mod shim_kept;
mod shim_process;
mod shim_threads;
mod shims;
mod strings;
mod thread_values;

pub use error::{Error, Result};
pub use find::Rules;
pub use life::{Counts, begin_to_end, counts, interpreter, native_threads_left, reap};
pub use module::{File, ImageInfo, Loaded, declares, images, inspect, load, pointers, refused};
pub use others::tracked;
