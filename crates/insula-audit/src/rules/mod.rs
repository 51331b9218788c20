//! The rules: each has a stable id, a title, a page that explains it, and a check that reads the observations.
//!
//! A check never runs anything: what there is to see was collected before. The order of the list matters, since a
//! few rules sum up what others found.

mod arguments;
mod collection;
mod controls;
mod declaration;
mod globals;
mod interpreters;
mod leaks;
mod phases;

use std::collections::BTreeMap;

use crate::experiments::Observations;
use crate::report::{Finding, RuleResult, Severity, Status};

/// One rule.
pub struct Rule {
    /// Its stable id.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// How grave a finding usually is.
    pub severity: Severity,
    /// When it is graver or less grave.
    pub severity_note: Option<&'static str>,
    /// The page that `explain` shows, in Markdown.
    pub page: &'static str,
    pub(crate) check: fn(&Observations, &Results) -> Checked,
}

/// The outcomes so far, by rule id.
pub(crate) type Results = BTreeMap<&'static str, Checked>;

/// What a check came to.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub(crate) result: RuleResult,
    pub(crate) findings: Vec<Finding>,
}

impl Checked {
    pub(crate) fn holds() -> Self {
        Self::without_findings(Status::Holds, None)
    }

    pub(crate) fn not_run(why: impl Into<String>) -> Self {
        Self::without_findings(Status::NotRun, Some(why.into()))
    }

    pub(crate) fn inconclusive(why: impl Into<String>) -> Self {
        Self::without_findings(Status::Inconclusive, Some(why.into()))
    }

    /// Broken if there are findings, else holding.
    pub(crate) fn from_findings(findings: Vec<Finding>) -> Self {
        if findings.is_empty() {
            return Self::holds();
        }
        Self { result: RuleResult { status: Status::Broken, reason: None }, findings }
    }

    fn without_findings(status: Status, reason: Option<String>) -> Self {
        Self { result: RuleResult { status, reason }, findings: Vec::new() }
    }

    pub(crate) fn broken(&self) -> bool {
        self.result.status == Status::Broken
    }
}

pub(crate) fn finding(
    rule: &str,
    severity: Severity,
    message: impl Into<String>,
    evidence: serde_json::Value,
) -> Finding {
    Finding { rule: rule.to_owned(), severity, message: message.into(), evidence, known: false }
}

macro_rules! rule {
    ($id:literal, $page:literal, $title:literal, $severity:ident, $check:path) => {
        rule!($id, $page, $title, $severity, $check, None)
    };
    ($id:literal, $page:literal, $title:literal, $severity:ident, $check:path, $note:expr) => {
        Rule {
            id: $id,
            title: $title,
            severity: Severity::$severity,
            severity_note: $note,
            page: include_str!($page),
            check: $check,
        }
    };
}

const IF_OWN_GIL: Option<&str> = Some("error if the module declares support for an own GIL");

/// All rules, in the order in which they are checked.
pub static RULES: [Rule; 38] = [
    rule!("INS001", "ins001.md", "single-phase initialisation", Error, phases::single_phase),
    rule!("INS003", "ins003.md", "Py_mod_multiple_interpreters missing", Warning, declaration::missing),
    rule!("INS005", "ins005.md", "refuses a second load", Info, interpreters::opt_out),
    rule!("INS101", "ins101.md", "global holds a mutable Python object", Error, globals::mutable),
    rule!("INS102", "ins102.md", "global holds an immutable heap object", Warning, globals::immutable, IF_OWN_GIL),
    rule!("INS103", "ins103.md", "global holds a heap type or exception class", Error, globals::heap_type),
    rule!("INS104", "ins104.md", "static type", Warning, globals::static_type, IF_OWN_GIL),
    rule!("INS105", "ins105.md", "Python object behind native heap memory", Error, globals::behind_heap),
    rule!("INS108", "ins108.md", "thread-local holds a Python object", Warning, globals::thread_local),
    rule!("INS109", "ins109.md", "mutable native state changes across calls", Info, globals::native_state),
    rule!("INS106", "ins106.md", "global overwritten by the second interpreter", Error, globals::overwritten),
    rule!("INS107", "ins107.md", "mortal object shared by two interpreters", Error, globals::shared),
    rule!("INS002", "ins002.md", "multi-phase with m_size 0, yet globals hold objects", Error, phases::stateless),
    rule!("INS006", "ins006.md", "import changes things outside the module", Warning, leaks::effects),
    rule!("INS201", "ins201.md", "traverse does not visit the type", Error, collection::type_not_visited),
    rule!("INS202", "ins202.md", "dealloc does not release the type", Error, collection::type_not_released),
    rule!("INS203", "ins203.md", "dealloc does not untrack", Error, collection::not_untracked),
    rule!("INS204", "ins204.md", "traverse misses a member", Warning, collection::member_missed),
    rule!("INS205", "ins205.md", "heap type with object fields lacks HAVE_GC", Warning, collection::lacks_gc),
    rule!("INS206", "ins206.md", "m_traverse misses state objects", Error, collection::state_missed),
    rule!("INS207", "ins207.md", "module or its types never die", Warning, collection::never_dies),
    rule!(
        "INS208",
        "ins208.md",
        "instance usable without initialisation, or type mutable that was meant not to be",
        Error,
        collection::uninitialised,
        Some("info for a type whose attributes can be set")
    ),
    rule!(
        "INS209",
        "ins209.md",
        "traverse visits what the instance does not own",
        Error,
        collection::visited_too_often
    ),
    rule!("INS210", "ins210.md", "cycle through an instance never collected", Warning, collection::cycle_stays),
    rule!("INS211", "ins211.md", "reference released more often than owned", Error, collection::released_too_often),
    rule!("INS301", "ins301.md", "second import fails, crashes, or returns old types", Error, interpreters::again),
    rule!("INS302", "ins302.md", "fails in legacy sub-interpreters", Error, interpreters::legacy),
    rule!(
        "INS303",
        "ins303.md",
        "fails under an own GIL",
        Error,
        interpreters::own_gil,
        Some("info if the module does not declare support for an own GIL")
    ),
    rule!("INS304", "ins304.md", "crashes in parallel own-GIL interpreters", Error, interpreters::parallel),
    rule!(
        "INS305",
        "ins305.md",
        "first interpreter breaks after the second imported or ended",
        Error,
        interpreters::replay
    ),
    rule!("INS306", "ins306.md", "Py_Initialize / Py_Finalize cycles fail", Error, interpreters::restart),
    rule!("INS307", "ins307.md", "leaks per import or per interpreter", Warning, leaks::leaks),
    rule!("INS401", "ins401.md", "crashes on hostile arguments", Error, arguments::crashes),
    rule!("INS402", "ins402.md", "breaks the C-API's contract", Warning, arguments::contract),
    rule!("INS403", "ins403.md", "hangs or allocates without bound", Warning, arguments::unbounded),
    rule!("INS004", "ins004.md", "declares support but is not isolated", Error, declaration::false_claim),
    rule!("INS901", "ins901.md", "inconclusive: the control failed too", Info, controls::inconclusive),
    rule!("INS902", "ins902.md", "blocked by a dependency", Info, controls::blocked),
];

/// The rule with this id, in upper or lower case.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

pub(crate) fn check_all(seen: &Observations) -> Results {
    let mut results = Results::new();
    for rule in &RULES {
        let checked = (rule.check)(seen, &results);
        results.insert(rule.id, checked);
    }
    results
}

#[cfg(test)]
mod tests {
    use super::RULES;

    #[test]
    fn every_rule_has_a_page_that_says_what_why_how_found_and_how_to_fix() {
        for rule in &RULES {
            assert!(rule.page.starts_with(&format!("# {}: {}\n", rule.id, rule.title)), "{}", rule.id);
            for part in ["## What", "## Why", "## How it is found", "## How to fix it"] {
                assert!(rule.page.contains(part), "{} lacks {part}", rule.id);
            }
        }
    }
}
