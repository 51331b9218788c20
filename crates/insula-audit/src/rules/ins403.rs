//! INS403: calls that do not come back, or ask for all memory.

use super::Judgement;
use super::common::hostile::judge;
use crate::observations::{Ending, Observations};

pub(super) fn check(seen: &Observations) -> Judgement {
    judge(seen, |case| matches!(case.ending, Ending::Hang | Ending::Unbounded))
}
