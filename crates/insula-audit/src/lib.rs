//! Prove or refute that a compiled Python extension module is isolated.
//!
//! An audit starts the target interpreter as a worker process, once for each experiment. Inside it runs a probe in pure
//! Python, so that nothing of ours has to match the interpreter's version or adds process-wide state; everything native is
//! read from outside, through the kernel's view of the worker's memory, while the worker waits at a checkpoint.
//!
//! * [`audit()`]: from targets to a report.
//! * [`host`]: the interpreter that targets are loaded into.
//! * `target`, `wheel`, `distribution`, `fetch`: from what the user typed to extension modules.
//! * [`worker`]: processes with limits, in folders that `scratch` makes; `probe`: what they run; [`interrupt`]: how they all end at once.
//! * `observe`: the experiments; `trouble`: what can go wrong in them, and whose fault it is.
//! * `contract`, `fuzz`, `inside`, `slopes`, `surroundings`: the instruments: garbage collection, hostile calls, the module
//!   in use seen from outside, leaks, and what one import does to others.
//! * [`rules`]: what the observations mean; `verdict`: the ladder of isolation.
//! * [`model`]: the report; [`formats`]: the report as text, JSON, SARIF, JUnit, GitHub annotations and HTML;
//!   [`selection`] and [`baseline`]: what of it counts.
//! * `cache`: results of earlier audits; [`repro`]: the programs that show findings.
//! * [`compare`]: what changed between two builds of a module.
//! * [`isolate`]: the audit of private copies, which `insula_isolate` gives to each interpreter.
//! * [`restart`]: cycles of the runtime in a program that embeds it.

mod argument_parser;
mod audit;
pub mod baseline;
mod cache;
pub mod compare;
mod contract;
mod distribution;
mod fetch;
pub mod formats;
mod fuzz;
pub mod host;
mod inside;
pub mod interrupt;
pub mod isolate;
pub mod model;
mod observe;
mod probe;
pub mod repro;
pub mod restart;
pub mod rules;
mod scratch;
pub mod selection;
mod slopes;
mod surroundings;
mod target;
mod trouble;
mod verdict;
mod wheel;
pub mod worker;

pub use audit::{AuditError, Options, Progress, audit};
pub use target::Target;
