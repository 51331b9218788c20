//! What came of doing the same over again.

use super::{Gap, Trouble};

/// What was repeated, and what came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Repetition {
    /// Calls that leave something behind each time.
    pub(crate) calls: Vec<Leak>,
    /// How many callables were called over and over, and of how many.
    pub(crate) reached: Option<(u64, u64)>,
    /// Callables that add to what is there already, so that it is not clear whether they leak, too.
    pub(crate) unclear: Vec<String>,
    /// Types whose `__init__` was called again, with what that left behind.
    pub(crate) init: Vec<(String, Leak)>,
    /// Types to whose instances there were weak references, with what was wrong.
    pub(crate) weak: Vec<(String, Option<String>)>,
    /// Types whose second `__init__` ended the process; without it, it does not end.
    pub(crate) init_ended: Vec<(String, Trouble)>,
    /// Types to whose instances weak references ended the process; without them, it does not end.
    pub(crate) weak_ended: Vec<(String, Trouble)>,
    /// Why not all was tried.
    pub(crate) gap: Option<Gap>,
}

/// What a call leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leak {
    /// Its callable.
    pub(crate) callable: String,
    /// The call.
    pub(crate) call: String,
    /// Whole blocks of Python's allocator for each repetition.
    pub(crate) blocks: i64,
    /// Bytes of the C library's.
    pub(crate) bytes: i64,
}

impl Leak {
    /// Something is left behind.
    pub(crate) fn is_one(&self) -> bool {
        self.blocks > 0 || self.bytes > 0
    }
}
