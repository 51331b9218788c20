//! The contract with the garbage collector, type by type.

use insula_xray::TypeSlot;

use super::{Found, Judgement};
use crate::observations::{Contract, FieldName, Observations, TypeContract};

/// One check over all types to which it applies, about the function in this slot. A type that none of the experiments
/// could judge is not counted as right.
pub(in crate::rules) fn over_types(
    seen: &Observations,
    slot: TypeSlot,
    applies: impl Fn(&TypeContract) -> bool,
    judge: impl Fn(&str, &TypeContract) -> Option<Vec<String>>,
) -> Judgement {
    let contract = match &seen.gc_contract {
        Ok(contract) => contract,
        Err(gap) => return Judgement::gap(gap),
    };
    let mut found = Vec::new();
    let (mut judged, mut unknown) = (0, Vec::new());
    for (name, one) in contract.types.iter().filter(|(_, one)| applies(one)) {
        match judge(name, one) {
            None => unknown.push(name.as_str()),
            Some(wrong) => {
                judged += 1;
                let (made, spot) = (one.made_by.clone(), seen.lines.of_type(name, &[slot]));
                found.extend(wrong.into_iter().map(|what| {
                    let found = Found::new(name, format!("{name}: {what}"));
                    found.at("type", name, made.clone()).in_source(spot)
                }));
            }
        }
    }
    let (late, unfit): (Vec<&str>, Vec<&str>) = unknown.into_iter().partition(|name| time_was_up(contract, name));
    if found.is_empty() && judged == 0 && !late.is_empty() {
        let late = late.join(", ");
        return Judgement::inconclusive(format!("the time was up before this was known of instances of {late}"));
    }
    if found.is_empty() && judged == 0 && !unfit.is_empty() {
        return Judgement::not_run(format!("no instance to judge it by could be made of {}", unfit.join(", ")));
    }
    let reasons = [("for want of a fitting instance", unfit), ("as the time was up", late)];
    let reasons = reasons.iter().filter(|(_, names)| !names.is_empty());
    let reasons: Vec<String> = reasons.map(|(why, names)| format!("not judged, {why}: {}", names.join(", "))).collect();
    let judgement = Judgement::of(found);
    if reasons.is_empty() { judgement } else { judgement.with_reason(reasons.join("; ")) }
}

/// Whether an experiment with instances of this type came to no end in its time.
fn time_was_up(contract: &Contract, name: &str) -> bool {
    let of_it = |label: &str| label.split_once(" of ").is_some_and(|(_, of)| of == name);
    contract.time_was_up || contract.ended.iter().any(|(label, trouble)| trouble.says_nothing() && of_it(label))
}

pub(in crate::rules) fn one(wrong: bool, what: impl Into<String>) -> Vec<String> {
    if wrong { vec![what.into()] } else { Vec::new() }
}

/// Objects that an instance owns and traverse does not lead to.
pub(in crate::rules) fn unvisited(seen: &Observations, name: &str, kind: &TypeContract) -> Option<Vec<String>> {
    let missed = kind.missed.as_ref()?;
    let words = kind.missed_words.iter().map(|word| {
        let what = if word.object.detail.is_empty() { String::new() } else { format!(" {}", word.object.detail) };
        let field = seen.lines.instances.get(&(name.to_owned(), word.offset));
        let field = FieldName::or_offset(field, &format!("the field at offset {}", word.offset));
        format!("{field} ({}{what})", word.object.type_name)
    });
    let held = (!missed.is_empty()).then(|| format!("what was put in by {}", missed.join(", ")));
    Some(held.into_iter().chain(words).collect())
}
