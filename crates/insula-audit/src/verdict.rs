//! The ladder: how far up a module was seen to be, and what kept it from the next rung.
//!
//! A rung needs its scenario to pass, and no finding that contradicts it. What belongs to one interpreter's heap and is
//! held for the whole process contradicts every rung with a second interpreter; what never changes (static types,
//! immutable objects) does little harm while all interpreters share a GIL.

use insula_xray::MultiInterp;

use crate::experiments::Observations;
use crate::report::{Severity, Status, Verdict};
use crate::rules::Results;

/// The rungs above L0, and the rules that each one needs.
const RUNGS: [(Verdict, &[&str]); 5] = [
    (Verdict::L1, &["INS301"]),
    (Verdict::L2, &["INS302", "INS002", "INS101", "INS103", "INS105", "INS106", "INS107"]),
    (Verdict::L3, &["INS303", "INS001", "INS102", "INS104"]),
    (Verdict::L4, &["INS304", "INS305", "INS306"]),
    (
        Verdict::L5,
        &[
            "INS105", "INS108", "INS201", "INS202", "INS203", "INS204", "INS205", "INS206", "INS207", "INS208",
            "INS209", "INS210", "INS211", "INS307", "INS401", "INS402", "INS403",
        ],
    ),
];

/// The rung, and what the next one lacks.
pub(crate) fn of(seen: &Observations, results: &Results) -> (Verdict, Vec<String>) {
    let mut reached = Verdict::L0;
    for (rung, needed) in RUNGS {
        let lacking: Vec<String> = needed.iter().filter_map(|id| lacks(rung, id, results)).collect();
        if !lacking.is_empty() {
            return (reached, lacking);
        }
        if rung == Verdict::L3 && seen.declared() != Some(MultiInterp::PerInterpreterGil) {
            let why = if seen.declared().is_some() { "own GIL not declared" } else { "INS003" };
            return (Verdict::L3u, vec![why.to_owned()]);
        }
        reached = rung;
    }
    (reached, Vec::new())
}

/// A rule that was not examined is no better than a broken one: nothing unexamined is called isolated.
fn lacks(rung: Verdict, id: &str, results: &Results) -> Option<String> {
    let checked = results.get(id)?;
    // Of the contracts, what is only worth knowing keeps nobody from a rung.
    let contract = id.starts_with("INS2") || id.starts_with("INS4");
    if contract && checked.broken() && checked.findings.iter().all(|one| one.severity == Severity::Info) {
        return None;
    }
    let result = &checked.result;
    let word = match result.status {
        Status::Holds => return None,
        Status::Broken => return Some(id.to_owned()),
        Status::Inconclusive => "inconclusive",
        Status::NotRun => "not run",
    };
    // Only a multi-phase module can be stateless, so for any other INS002 has nothing to say. And where heap memory cannot be
    // followed, that keeps from the last rung only.
    let silent = id == "INS002" || (id == "INS105" && rung < Verdict::L5);
    (!silent).then(|| format!("{id} {word}"))
}
