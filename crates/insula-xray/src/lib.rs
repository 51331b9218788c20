//! The auditor's eyes: a compiled extension module as a file, and as live memory of another process.
//!
//! Nothing here runs Python code or loads the extension. The file is parsed as ELF; the worker that imported it is
//! read from outside, through the kernel's view of its memory, with CPython's object layouts known by version.
//!
//! * [`elf`]: the file: init symbols, imports, segments, symbols.
//! * [`memory`]: a live process: its mappings, its words, where a file was loaded.
//! * [`layout`]: where CPython keeps what, version by version.
//! * [`python`]: objects, types, modules and slots, read with a layout.
//! * [`functions`]: which functions are behind callables, types and modules.
//! * [`xray`]: which globals of the extension hold Python objects, and which were overwritten by a second import.
//! * [`deep()`]: which Python objects native heap memory behind the globals holds.
//! * [`debug`]: which source lines its variables, functions and fields come from.
//! * [`mod@native`]: which native words of the globals change.
//! * [`intersect`]: which objects two interpreters of one process share.

// What is read from another process may be anything: an address that comes from there is added to with care.
#![warn(clippy::arithmetic_side_effects)]

#[allow(clippy::arithmetic_side_effects, reason = "counters, and offsets that the parser has checked")]
pub mod debug;
pub mod deep;
#[allow(clippy::arithmetic_side_effects, reason = "differences of addresses that were compared just before")]
pub mod elf;
pub mod functions;
pub mod intersect;
pub mod layout;
pub mod memory;
pub mod native;
pub mod python;
mod value;
pub mod xray;

pub use deep::{Chunks, DeepHit, deep};
pub use elf::{ElfError, Extension, InitKind, InitSymbol, Section};
pub use functions::{TypeSlot, function_of, state_functions, type_functions, type_slots};
pub use intersect::{Reached, Shared, shared};
pub use layout::{Layout, Unsupported};
pub use memory::{Mapping, MemoryError, ProcessMemory};
pub use native::{Changed, NativeWords};
pub use python::{
    DefFacts, GilSlot, ModuleFacts, MultiInterp, ObjectError, SlotKind, TypeObject, def_facts, export_slots,
    module_facts,
};
pub use xray::{Hit, Holds, KnownType, Overwritten, flat, objects_in, overwritten};
