//! What hostile calls came to.

/// What hostile calls came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct HostileCalls {
    /// How many calls are made, out of how many, and of how many callables.
    pub(crate) chosen: u64,
    /// See `chosen`.
    pub(crate) all: u64,
    /// See `chosen`.
    pub(crate) groups: u64,
    /// Calls that failed.
    pub(crate) cases: Vec<Case>,
    /// Why not all calls were made.
    pub(crate) stopped: Option<String>,
    /// Calls that ended their worker: later ones do without.
    pub(crate) avoid: Vec<String>,
}

/// How a hostile call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It ended the process.
    Crash,
    /// It did not come back.
    Hang,
    /// It asked for all memory, for arguments that are not large.
    Unbounded,
    /// It broke the C-API's contract.
    BrokenContract,
}

/// One hostile call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    /// How it failed.
    pub(crate) ending: Ending,
    /// The callable that is to blame: of two calls that of the first, else that of the last one.
    pub(crate) group: String,
    /// The callable of the last one, which fails.
    pub(crate) failing: String,
    /// Its subject was made by `__new__` alone.
    pub(crate) bare: bool,
    /// The calls, of which the last one fails.
    pub(crate) calls: Vec<String>,
    /// What happened.
    pub(crate) what: String,
    /// A program that shows it.
    pub(crate) repro: String,
}

/// The one of these calls that is to blame. Of two it is the first, without which the other one does not fail. Where it
/// takes more of them, none of these breaks the last one by itself: they only use up what it goes without, or fill the
/// memory that it reads and should not.
pub(crate) fn to_blame<T>(calls: &[T]) -> Option<&T> {
    if calls.len() == 2 { calls.first() } else { calls.last() }
}

#[cfg(test)]
mod tests {
    use super::to_blame;

    #[test]
    fn of_two_calls_the_first_is_to_blame_and_of_more_the_last() {
        assert_eq!(to_blame::<&str>(&[]), None);
        assert_eq!(to_blame(&["fails"]), Some(&"fails"));
        assert_eq!(to_blame(&["breaks", "fails"]), Some(&"breaks"));
        assert_eq!(to_blame(&["takes", "takes", "fails"]), Some(&"fails"));
    }
}
