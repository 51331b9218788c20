//! INS402: calls that break the C-API's contract.

use super::Judgement;
use super::common::hostile::judge;
use crate::observations::{Ending, Observations};

pub(super) fn check(seen: &Observations) -> Judgement {
    let mut judgement = judge(seen, |case| case.ending == Ending::BrokenContract);
    let found = judgement.found.into_iter().map(|found| {
        // A private function is called by its own package only, with arguments of its choice.
        let private = found.callable().is_some_and(|name| name.starts_with('_') && !name.starts_with("__"));
        found.minor(private)
    });
    judgement.found = found.collect();
    judgement
}
