//! The contract with the garbage collector, type by type.

use insula_xray::TypeSlot;

use super::{Found, Judgement};
use crate::observations::{FieldName, Observations, TypeContract};

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
    if found.is_empty() && judged == 0 && !unknown.is_empty() {
        return Judgement::not_run(format!("no instance to judge it by could be made of {}", unknown.join(", ")));
    }
    let judgement = Judgement::of(found);
    if unknown.is_empty() {
        return judgement;
    }
    judgement.with_reason(format!("not judged, for want of a fitting instance: {}", unknown.join(", ")))
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
