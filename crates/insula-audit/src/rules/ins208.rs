//! INS208: instances without initialisation, and types whose attributes can be set.

use super::common::hostile::describe;
use super::{Found, Judgement};
use crate::observations::{Ending, Observations};

pub(super) fn check(seen: &Observations) -> Judgement {
    let calls = match &seen.hostile_calls {
        Ok(calls) => calls,
        Err(gap) => return Judgement::gap(gap),
    };
    let bare = calls.cases.iter().filter(|case| case.bare && case.ending == Ending::Crash);
    Judgement::of(bare.map(|case| describe(seen, case)).chain(mutable(seen)))
}

fn mutable(seen: &Observations) -> Option<Found> {
    let contract = seen.gc_contract.as_ref().ok().filter(|_| seen.feature >= (3, 10))?;
    let mutable = contract.types.iter().filter(|(_, kind)| !kind.immutable && (kind.own_dealloc || kind.own_traverse));
    let names: Vec<&str> = mutable.map(|(name, _)| name.as_str()).collect();
    let message = format!(
        "attributes of {} can be set, which static types would refuse: Py_TPFLAGS_IMMUTABLETYPE is missing",
        names.join(", ")
    );
    (!names.is_empty()).then(|| Found::new("mutable", message).minor(true))
}
