//! What the user's workload came to.

use super::{Leak, Seen};
use insula_xray::{Overwritten, Shared};

use super::InUse;

/// What the user's workload came to.
pub(crate) struct Exercised {
    /// What the X-ray saw in globals after it.
    pub(crate) in_use: InUse,
    /// What it replaced in globals when it ran in a second interpreter.
    pub(crate) overwritten: Seen<Vec<Overwritten>>,
    /// What both interpreters reached after it.
    pub(crate) shared: Seen<Vec<Shared>>,
    /// Tests that fail in a further interpreter only.
    pub(crate) failing: Vec<FailingTest>,
    /// Tests that leave something behind each time.
    pub(crate) leaks: Vec<LeakingTest>,
    /// What there is to know about it, a line each.
    pub(crate) notes: Vec<String>,
    /// Why the command itself cannot be run.
    pub(crate) unfit: Option<String>,
}

/// A test that leaves something behind each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeakingTest {
    /// What; the callable is the test's id.
    pub(crate) leak: Leak,
    /// What it calls of the module, without what tests call that leave nothing behind, if that leaves anything.
    pub(crate) suspects: Vec<String>,
}

/// A test that passes in the first interpreter and fails in a further one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FailingTest {
    /// Its id.
    pub(crate) test: String,
    /// In which interpreter, in words.
    pub(crate) place: String,
    /// What it raised.
    pub(crate) said: String,
    /// Whether the interpreters have GILs of their own.
    pub(crate) own_gil: bool,
    /// What it calls of the module, without what tests call that pass there, if that leaves anything.
    pub(crate) suspects: Vec<String>,
}
