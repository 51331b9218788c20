//! Prove or refute that a compiled Python extension module is isolated.
//!
//! An audit starts the target interpreter as a worker process, once for each experiment. Inside it runs a probe in pure
//! Python, so that nothing of ours has to match the interpreter's version or adds process-wide state; everything
//! native is read from outside, through the kernel's view of the worker's memory, while the worker waits at a
//! checkpoint.
//!
//! The way of an audit is the order of these modules:
//!
//! * [`audit()`]: resolve, experiment, judge, report.
//! * `target`: from what the user typed to extension modules; [`host`] and `hosts`: the interpreters they are loaded
//!   into.
//! * [`worker`]: processes with limits, the probe that they run, and what both sides say to each other.
//! * `experiments`: what is done to a module. They write `observations`, which is plain data.
//! * `lines`: where in the source that is. [`rules`]: what the observations mean. `verdict`: the questions, answered.
//! * `reproducer`: programs that show findings. [`report`]: the report, in all its forms, and what of it counts.
//!
//! Beside it: [`app`], what keeps an application from sub-interpreters; `cache`, results of earlier audits; `clock`,
//! where the time went; [`compare`], what changed between two builds of a module;
//! [`isolate`], the audit of private copies, which `insula_isolate` gives to each interpreter; [`restart`], cycles of
//! the runtime in a program that embeds it.

pub mod app;
mod audit;
mod cache;
mod clock;
pub mod compare;
mod experiments;
pub mod host;
mod hosts;
pub mod isolate;
mod lines;
mod observations;
pub mod report;
mod reproducer;
pub mod restart;
pub mod rules;
mod target;
mod verdict;
pub mod worker;

pub use audit::{AuditError, Options, Progress, audit};
pub use report::{baseline, formats, repro, selection, shard};
pub use target::Target;
pub use worker::interrupt;
