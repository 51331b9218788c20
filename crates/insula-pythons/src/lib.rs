//! Finds the CPython interpreters of a machine and learns what each of them is.
//!
//! [`inspect`] runs one interpreter and asks it for its [`Facts`]; [`discover`] looks everywhere interpreters
//! usually live; [`resolve`] turns what a user typed (`3.13`, `python3.13`, a path) into one of them.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod cache;
mod discover;
mod error;
mod inspect;
mod interpreter;
mod memory;
mod resolve;
mod tree;
mod version;

pub use cache::{COMPLETE, cache_dir, ensure_dir, pythons_dir};
pub use discover::{Discovery, discover};
pub use error::Error;
pub use inspect::{OLDEST, inspect};
pub use interpreter::{Facts, Interpreter, Source};
pub use resolve::{Spec, resolve};
pub use tree::end_tree;
pub use version::Version;
