//! Answers as marks of one character.

use crate::report::{Answer, Answered};

/// The mark of an answer, and a variant that every terminal has.
pub(super) struct Mark {
    pub(super) sign: char,
    pub(super) plain: char,
    pub(super) meaning: &'static str,
    /// The name of its colour: `good`, `fair`, `bad` or `none`.
    pub(super) tone: &'static str,
}

const YES: Mark = Mark { sign: '✓', plain: '+', meaning: "yes", tone: "good" };
const UNDECLARED: Mark = Mark { sign: '≈', plain: '~', meaning: "yes, though undeclared", tone: "fair" };
const NO: Mark = Mark { sign: '✗', plain: 'X', meaning: "no", tone: "bad" };
const REFUSED: Mark = Mark { sign: '⊘', plain: 'R', meaning: "refused", tone: "fair" };
const INCONCLUSIVE: Mark = Mark { sign: '?', plain: '?', meaning: "inconclusive", tone: "none" };
const NOT_TRIED: Mark = Mark { sign: '·', plain: '.', meaning: "not tried", tone: "none" };

/// Every mark, in the order in which they are explained.
pub(super) const ALL: [&Mark; 6] = [&YES, &UNDECLARED, &NO, &REFUSED, &INCONCLUSIVE, &NOT_TRIED];

/// The mark of an answer.
pub(super) fn of(answered: &Answered) -> &'static Mark {
    match answered.answer {
        Answer::Yes if answered.declared == Some(false) => &UNDECLARED,
        Answer::Yes => &YES,
        Answer::No => &NO,
        Answer::Refused => &REFUSED,
        Answer::Inconclusive => &INCONCLUSIVE,
        Answer::NotTried => &NOT_TRIED,
    }
}
