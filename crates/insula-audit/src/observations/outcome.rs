//! What an experiment came to.

use super::Trouble;

/// What a scenario came to, once it is known whose fault a failure is.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// As it should be.
    Passed,
    /// The target's fault.
    Broken(Trouble),
    /// The target refuses deliberately: how it says so.
    Refused(String),
    /// A dependency of the target fails by itself.
    Blocked {
        /// Its name.
        by: String,
        /// How.
        why: String,
    },
    /// It says nothing about the target.
    Inconclusive(String),
    /// It was not tried.
    NotTried(String),
    /// This interpreter cannot try it.
    Impossible(String),
}

impl Outcome {
    pub(crate) fn passed(&self) -> bool {
        matches!(self, Self::Passed)
    }

    /// Something came out otherwise than it should.
    pub(crate) fn wrong(what: String) -> Self {
        Self::Broken(Trouble::Wrong { what })
    }

    /// Why an experiment that builds on this scenario would say nothing; nothing if it would.
    pub(crate) fn obstacle(&self) -> Option<Gap> {
        match self {
            Self::Passed => None,
            Self::Broken(_) => Some(Gap::not_tried("the import itself fails there (INS301, INS302)")),
            Self::Refused(_) => Some(Gap::not_tried("the module refuses a second load (INS005)")),
            Self::Blocked { by, .. } => Some(Gap::not_tried(format!("blocked by the dependency {by} (INS902)"))),
            Self::Inconclusive(why) => Some(Gap::inconclusive(why)),
            Self::NotTried(why) | Self::Impossible(why) => Some(Gap::not_tried(why)),
        }
    }
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// Whether it was looked for, and the result cannot be trusted.
    pub(crate) inconclusive: bool,
    /// In words.
    pub(crate) why: String,
}

impl Gap {
    pub(crate) fn not_tried(why: impl Into<String>) -> Self {
        Self { inconclusive: false, why: why.into() }
    }

    pub(crate) fn inconclusive(why: impl Into<String>) -> Self {
        Self { inconclusive: true, why: why.into() }
    }

    /// What kept an instrument from its result. A crash is the subject of other rules; what merely says nothing is no
    /// result.
    pub(crate) fn from_trouble(trouble: &Trouble) -> Self {
        Self { inconclusive: trouble.says_nothing(), why: trouble.line() }
    }

    /// The same, behind these words.
    pub(crate) fn behind(self, words: &str) -> Self {
        Self { why: format!("{words}: {}", self.why), ..self }
    }
}

/// A value, or why there is none.
pub(crate) type Seen<T> = Result<T, Gap>;
