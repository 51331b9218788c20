//! INS401: calls that end the process.

use super::Judgement;
use super::common::hostile::judge;
use crate::observations::{Ending, Observations};

pub(super) fn check(seen: &Observations) -> Judgement {
    judge(seen, |case| case.ending == Ending::Crash && !case.bare)
}
