//! Modules: their export, their exec, and what they may share with the process.

mod all;
pub(crate) mod exec;
pub(crate) mod exec_context;
pub(crate) mod export;
mod once_per_process;
pub(crate) mod process_global;
pub(crate) mod submodule;
