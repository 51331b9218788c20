//! INS201-INS211: the contract with the garbage collector.

use serde_json::json;

use super::{Checked, Results, finding};
use crate::experiments::Observations;
use crate::experiments::gc_contract::{Contract, TypeContract};
use crate::report::{Finding, Severity};

/// One check over all types to which it applies. A type that none of the experiments could judge is not counted as right.
fn over_types(
    seen: &Observations,
    rule: &str,
    severity: Severity,
    applies: impl Fn(&TypeContract) -> bool,
    judge: impl Fn(&TypeContract) -> Option<Vec<String>>,
) -> Checked {
    let contract = match &seen.contract {
        Ok(contract) => contract,
        Err(why) => return Checked::not_run(why),
    };
    let mut findings = Vec::new();
    let (mut judged, mut unknown) = (0, Vec::new());
    for (name, one) in contract.types.iter().filter(|(_, one)| applies(one)) {
        match judge(one) {
            None => unknown.push(name.as_str()),
            Some(wrong) => {
                judged += 1;
                findings.extend(wrong.into_iter().map(|what| type_finding(rule, severity, name, one, &what)));
            }
        }
    }
    if findings.is_empty() && judged == 0 && !unknown.is_empty() {
        return Checked::not_run(format!("no instance to judge it by could be made of {}", unknown.join(", ")));
    }
    let mut checked = Checked::from_findings(findings);
    if !checked.broken() && !unknown.is_empty() {
        checked.result.reason = Some(format!("not judged, for want of a fitting instance: {}", unknown.join(", ")));
    }
    checked
}

fn type_finding(rule: &str, severity: Severity, name: &str, one: &TypeContract, what: &str) -> Finding {
    let evidence = json!({ "type": name, "made_by": one.made_by });
    finding(rule, severity, format!("{name}: {what}"), evidence)
}

fn one(wrong: bool, what: impl Into<String>) -> Vec<String> {
    if wrong { vec![what.into()] } else { Vec::new() }
}

pub(crate) fn type_not_visited(seen: &Observations, _: &Results) -> Checked {
    let reversed = seen.feature < (3, 9);
    over_types(
        seen,
        "INS201",
        Severity::Error,
        |kind| kind.has_gc && kind.own_traverse,
        |kind| {
            let visits = kind.type_visits?;
            Some(if reversed {
                one(visits > 0, "traverse visits the type, which CPython 3.8 does itself")
            } else {
                one(visits == 0, "traverse does not visit the type")
            })
        },
    )
}

pub(crate) fn type_not_released(seen: &Observations, _: &Results) -> Checked {
    over_types(
        seen,
        "INS202",
        Severity::Error,
        |kind| kind.own_dealloc,
        |kind| {
            // Where instances are kept alive, a growing count says nothing.
            let slope = kind.slope.filter(|slope| *slope < 0.5 || !kind.kept)?;
            Some(one(slope >= 0.5, "dealloc does not release the type: each instance leaves a reference behind"))
        },
    )
}

pub(crate) fn not_untracked(seen: &Observations, _: &Results) -> Checked {
    over_types(
        seen,
        "INS203",
        Severity::Error,
        |kind| kind.has_gc && kind.own_dealloc,
        |kind| {
            match &kind.tracked_to_death {
                Some(Some(by)) => {
                    Some(vec![format!("dealloc does not untrack the instance: {by} finds it in the collector's lists")])
                }
                Some(None) => Some(Vec::new()),
                // Where nothing that an instance owns can run code when it is released, nobody sees it half destroyed.
                None => (kind.made_by.is_some() && !kind.holds_objects).then(Vec::new),
            }
        },
    )
}

/// Objects that an instance owns and traverse does not lead to.
fn unvisited(kind: &TypeContract) -> Option<Vec<String>> {
    let missed = kind.missed.as_ref()?;
    let words = kind.missed_words.iter().map(|word| {
        let what = if word.object.detail.is_empty() { String::new() } else { format!(" {}", word.object.detail) };
        format!("the field at offset {} ({}{what})", word.offset, word.object.type_name)
    });
    let held = (!missed.is_empty()).then(|| format!("what was put in by {}", missed.join(", ")));
    Some(held.into_iter().chain(words).collect())
}

pub(crate) fn member_missed(seen: &Observations, _: &Results) -> Checked {
    over_types(
        seen,
        "INS204",
        Severity::Warning,
        |kind| kind.has_gc && kind.own_traverse,
        |kind| Some(unvisited(kind)?.into_iter().map(|what| format!("traverse does not visit {what}")).collect()),
    )
}

pub(crate) fn lacks_gc(seen: &Observations, _: &Results) -> Checked {
    over_types(
        seen,
        "INS205",
        Severity::Warning,
        |kind| !kind.has_gc && kind.own_dealloc,
        |kind| {
            let fields = unvisited(kind)?;
            let what = fields.iter().map(|what| format!("it has no Py_TPFLAGS_HAVE_GC, but owns {what}"));
            Some(what.collect())
        },
    )
}

pub(crate) fn state_missed(seen: &Observations, _: &Results) -> Checked {
    let missed = match &seen.contract {
        Ok(Contract { missed_state: Some(Ok(missed)), .. }) => missed,
        Ok(Contract { missed_state: Some(Err(why)), .. }) | Err(why) => return Checked::not_run(why),
        Ok(Contract { missed_state: None, .. }) => return Checked::not_run("the module's state was not read"),
    };
    let describe = |one: &crate::experiments::gc_contract::MissedState| {
        let what = if one.object.detail.is_empty() { "" } else { " " };
        let message = format!(
            "m_traverse does not visit the object at offset {} of the state: {}{what}{}",
            one.offset, one.object.type_name, one.object.detail
        );
        finding("INS206", Severity::Error, message, json!({ "state": one }))
    };
    Checked::from_findings(missed.iter().map(describe).collect())
}

pub(crate) fn never_dies(seen: &Observations, results: &Results) -> Checked {
    if !seen.multi_phase() {
        return Checked::not_run("single-phase modules are kept by the import system (INS001)");
    }
    let contract = match &seen.contract {
        Ok(contract) => contract,
        Err(why) => return Checked::not_run(why),
    };
    let Some(survivors) = &contract.survivors else {
        return Checked::not_run("no second module could be made");
    };
    if contract.one_module {
        return Checked::not_run("the second import returns the first module (INS301)");
    }
    if survivors.is_empty() {
        return Checked::holds();
    }
    let keepers = ["INS101", "INS102", "INS103", "INS105", "INS106", "INS108"];
    if let Some(id) = keepers.into_iter().find(|id| results.get(id).is_some_and(Checked::broken)) {
        return Checked::not_run(format!("what {id} found keeps {} alive", survivors.join(", ")));
    }
    let message = format!("after the module was dropped and collected, {} lived on", survivors.join(", "));
    Checked::from_findings(vec![finding("INS207", Severity::Warning, message, json!({ "survivors": survivors }))])
}

pub(crate) fn uninitialised(seen: &Observations, _: &Results) -> Checked {
    let fuzz = match &seen.fuzz {
        Ok(fuzz) => fuzz,
        Err(why) => return Checked::not_run(why),
    };
    let mut findings: Vec<Finding> = fuzz
        .crashes
        .iter()
        .filter(|case| case.group.starts_with("uninitialised "))
        .map(|case| super::arguments::describe("INS208", Severity::Error, case))
        .collect();
    if let (Ok(contract), true) = (&seen.contract, seen.feature >= (3, 10)) {
        let mutable =
            contract.types.iter().filter(|(_, kind)| !kind.immutable && (kind.own_dealloc || kind.own_traverse));
        let names: Vec<&str> = mutable.map(|(name, _)| name.as_str()).collect();
        if !names.is_empty() {
            let message = format!(
                "attributes of {} can be set, which static types would refuse: Py_TPFLAGS_IMMUTABLETYPE is missing",
                names.join(", ")
            );
            findings.push(finding("INS208", Severity::Info, message, json!({ "types": names })));
        }
    }
    Checked::from_findings(findings)
}

pub(crate) fn visited_too_often(seen: &Observations, _: &Results) -> Checked {
    over_types(
        seen,
        "INS209",
        Severity::Error,
        |kind| kind.has_gc && kind.own_traverse,
        |kind| {
            kind.type_visits?;
            Some(kind.over_visited.iter().map(|what| format!("traverse visits what it does not own: {what}")).collect())
        },
    )
}

pub(crate) fn cycle_stays(seen: &Observations, _: &Results) -> Checked {
    over_types(
        seen,
        "INS210",
        Severity::Warning,
        |kind| kind.has_gc && kind.own_traverse,
        |kind| {
            let stuck = kind.stuck.as_ref()?;
            Some(one(
                !stuck.is_empty(),
                format!("a cycle through an instance is never collected (made by {})", stuck.join(", ")),
            ))
        },
    )
}

pub(crate) fn released_too_often(seen: &Observations, _: &Results) -> Checked {
    let mut checked = over_types(
        seen,
        "INS211",
        Severity::Error,
        |kind| kind.own_dealloc,
        |kind| Some(one(kind.slope? <= -0.5, "each instance releases its type once more than it owns it")),
    );
    if let Ok(Contract { releases: Some(releases), .. }) = &seen.contract {
        let more = releases.iter().map(|what| {
            let message = format!("a reference is released that is not owned: {what}");
            finding("INS211", Severity::Error, message, json!({ "call": what }))
        });
        let all: Vec<Finding> = checked.findings.drain(..).chain(more).collect();
        if !all.is_empty() {
            return Checked::from_findings(all);
        }
    }
    checked
}
