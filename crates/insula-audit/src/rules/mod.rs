//! The rules: each has a stable id, a title, a page that explains it, and a check that reads the observations.
//!
//! A rule is one file and its page, and a row of [`RULES`], where its severity stands. A check never runs anything:
//! what there is to see was collected before, in `observations`.

mod common;
mod ins001;
mod ins002;
mod ins003;
mod ins004;
mod ins005;
mod ins006;
mod ins101;
mod ins102;
mod ins103;
mod ins104;
mod ins105;
mod ins106;
mod ins107;
mod ins108;
mod ins109;
mod ins110;
mod ins201;
mod ins202;
mod ins203;
mod ins204;
mod ins205;
mod ins206;
mod ins207;
mod ins208;
mod ins209;
mod ins210;
mod ins211;
mod ins212;
mod ins213;
mod ins301;
mod ins302;
mod ins303;
mod ins304;
mod ins305;
mod ins306;
mod ins307;
mod ins308;
mod ins309;
mod ins401;
mod ins402;
mod ins403;
mod ins501;
mod ins502;
mod ins901;
mod ins902;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub(crate) use self::common::{Found, Judgement};
use crate::observations::Observations;
use crate::report::{Finding, RuleResult, Severity, Status};

/// When a finding is how grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Always as grave as this.
    Always(Severity),
    /// An error if the module declares that it works under an own GIL; else this.
    ErrorIfDeclared(Severity),
    /// As grave as this; what the check calls minor is only as grave as the second, as the words say.
    UnlessMinor(Severity, Severity, &'static str),
}

impl Policy {
    /// How grave a finding usually is.
    pub fn usual(self) -> Severity {
        match self {
            Self::Always(severity) | Self::ErrorIfDeclared(severity) | Self::UnlessMinor(severity, ..) => severity,
        }
    }

    /// When it is graver or less grave.
    pub fn note(self) -> Option<&'static str> {
        match self {
            Self::Always(_) => None,
            Self::ErrorIfDeclared(_) => Some("error if the module declares support for an own GIL"),
            Self::UnlessMinor(_, _, words) => Some(words),
        }
    }

    fn of(self, seen: &Observations, found: &Found) -> Severity {
        match self {
            Self::ErrorIfDeclared(_) if seen.declares_own_gil() => Severity::Error,
            Self::UnlessMinor(_, minor, _) if found.minor => minor,
            other => other.usual(),
        }
    }
}

/// How a rule is checked.
#[derive(Clone, Copy)]
pub(crate) enum Check {
    /// By what was seen.
    Seen(fn(&Observations) -> Judgement),
    /// By what was seen and what other rules came to.
    Summary(fn(&Observations, &Results) -> Judgement),
}

/// One rule.
pub struct Rule {
    /// Its stable id.
    pub id: RuleId,
    /// Its title.
    pub title: &'static str,
    /// How grave a finding is.
    pub policy: Policy,
    /// The page that `explain` shows, in Markdown.
    pub page: &'static str,
    check: Check,
}

/// What one rule came to.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub(crate) result: RuleResult,
    pub(crate) findings: Vec<Finding>,
}

impl Checked {
    pub(crate) fn broken(&self) -> bool {
        self.result.status == Status::Broken
    }
}

/// What the rules came to.
pub(crate) type Results = BTreeMap<RuleId, Checked>;

/// Whether any of these is broken.
pub(crate) fn any_broken<'a>(results: &Results, rules: impl IntoIterator<Item = &'a RuleId>) -> Vec<RuleId> {
    let broken = |id: &&RuleId| results.get(id).is_some_and(Checked::broken);
    rules.into_iter().filter(broken).copied().collect()
}

macro_rules! rules {
    ($($id:ident: $file:ident, $title:literal, $policy:expr, $kind:ident;)*) => {
        /// The stable id of a rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "UPPERCASE")]
        pub enum RuleId {
            $(#[doc = $title] $id,)*
        }

        /// All rules, by id.
        pub static RULES: &[Rule] = &[$(Rule {
            id: RuleId::$id,
            title: $title,
            policy: $policy,
            page: include_str!(concat!(stringify!($file), ".md")),
            check: Check::$kind($file::check),
        },)*];
    };
}

const ERROR: Policy = Policy::Always(Severity::Error);
const WARNING: Policy = Policy::Always(Severity::Warning);
const INFO: Policy = Policy::Always(Severity::Info);
const WARNING_OR_ERROR: Policy = Policy::ErrorIfDeclared(Severity::Warning);
const INFO_OR_ERROR: Policy = Policy::ErrorIfDeclared(Severity::Info);

rules! {
    Ins001: ins001, "single-phase initialisation", ERROR, Seen;
    Ins002: ins002, "multi-phase with m_size 0, yet globals hold objects", ERROR, Seen;
    Ins003: ins003, "Py_mod_multiple_interpreters missing", WARNING, Seen;
    Ins004: ins004, "declares support but is not isolated", ERROR, Summary;
    Ins005: ins005, "refuses a second load",
        Policy::UnlessMinor(Severity::Warning, Severity::Info,
            "info where importing twice in one interpreter works"), Seen;
    Ins006: ins006, "import changes things outside the module", WARNING, Seen;
    Ins101: ins101, "global holds a mutable Python object", ERROR, Seen;
    Ins102: ins102, "global holds an immutable heap object", WARNING_OR_ERROR, Seen;
    Ins103: ins103, "global holds a heap type or exception class", ERROR, Seen;
    Ins104: ins104, "static type", WARNING_OR_ERROR, Seen;
    Ins105: ins105, "Python object behind native heap memory", ERROR, Seen;
    Ins106: ins106, "global overwritten by the second interpreter", ERROR, Seen;
    Ins107: ins107, "mortal object shared by two interpreters", ERROR, Seen;
    Ins108: ins108, "thread-local holds a Python object", WARNING, Seen;
    Ins109: ins109, "mutable native state changes across calls", INFO, Seen;
    Ins110: ins110, "the same call gives two interpreters one object", ERROR, Seen;
    Ins201: ins201, "traverse does not visit the type", ERROR, Seen;
    Ins202: ins202, "dealloc does not release the type", ERROR, Seen;
    Ins203: ins203, "dealloc does not untrack", ERROR, Seen;
    Ins204: ins204, "traverse misses a member", WARNING, Seen;
    Ins205: ins205, "heap type with object fields lacks HAVE_GC", WARNING, Seen;
    Ins206: ins206, "m_traverse misses state objects", ERROR, Seen;
    Ins207: ins207, "module or its types never die", WARNING, Summary;
    Ins208: ins208, "instance usable without initialisation, or type mutable that was meant not to be",
        Policy::UnlessMinor(Severity::Error, Severity::Info, "info for a type whose attributes can be set"), Seen;
    Ins209: ins209, "traverse visits what the instance does not own", ERROR, Seen;
    Ins210: ins210, "cycle through an instance never collected", WARNING, Seen;
    Ins211: ins211, "reference released more often than owned", ERROR, Seen;
    Ins212: ins212, "weak references to instances break", ERROR, Seen;
    Ins213: ins213, "__init__ called again crashes or leaks",
        Policy::UnlessMinor(Severity::Error, Severity::Warning, "warning for a leak"), Seen;
    Ins301: ins301, "second import fails, crashes, or returns old types", ERROR, Seen;
    Ins302: ins302, "fails in legacy sub-interpreters", ERROR, Seen;
    Ins303: ins303, "fails under an own GIL", INFO_OR_ERROR, Seen;
    Ins304: ins304, "crashes in parallel own-GIL interpreters", INFO_OR_ERROR, Seen;
    Ins305: ins305, "first interpreter breaks after the second imported or ended", ERROR, Seen;
    Ins306: ins306, "Py_Initialize / Py_Finalize cycles fail", ERROR, Seen;
    Ins307: ins307, "leaks per import or per interpreter", WARNING, Seen;
    Ins308: ins308, "a call leaks each time", WARNING, Seen;
    Ins309: ins309, "the interpreter crashes at exit after a plain import", ERROR, Seen;
    Ins401: ins401, "crashes on hostile arguments", ERROR, Seen;
    Ins402: ins402, "breaks the C-API's contract",
        Policy::UnlessMinor(Severity::Warning, Severity::Info, "info for a private function"), Seen;
    Ins403: ins403, "hangs or allocates without bound", WARNING, Seen;
    Ins501: ins501, "importing it turns the GIL back on", WARNING, Seen;
    Ins502: ins502, "says that it needs no GIL, yet threads share its globals",
        Policy::UnlessMinor(Severity::Error, Severity::Info, "info where there is a lock, and for native words"), Seen;
    Ins901: ins901, "inconclusive: the control failed too, or the time was up", INFO, Seen;
    Ins902: ins902, "blocked by a dependency", INFO, Seen;
}

impl RuleId {
    /// As it is written everywhere.
    pub fn name(self) -> String {
        format!("{self:?}").to_ascii_uppercase()
    }

    /// The rule.
    pub fn rule(self) -> &'static Rule {
        // The table has a row for each, by construction.
        RULES.iter().find(|rule| rule.id == self).unwrap_or(&RULES[0])
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

/// The rule with this id, in upper or lower case.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id.name().eq_ignore_ascii_case(id))
}

/// Checks all rules: first those that only look, then those that sum up what others found.
pub(crate) fn check_all(seen: &Observations) -> Results {
    let mut results = Results::new();
    for rule in RULES {
        if let Check::Seen(check) = rule.check {
            results.insert(rule.id, rule.apply(seen, check(seen)));
        }
    }
    for rule in RULES {
        if let Check::Summary(check) = rule.check {
            let judgement = check(seen, &results);
            results.insert(rule.id, rule.apply(seen, judgement));
        }
    }
    results
}

/// The finding of a module that cannot be imported for want of another one.
pub(crate) fn blocked_import(dependency: &str, module: &str) -> Finding {
    ins902::missing(dependency).finding(RuleId::Ins902, module, RuleId::Ins902.rule().policy.usual())
}

impl Rule {
    fn apply(&self, seen: &Observations, judgement: Judgement) -> Checked {
        // What others are to blame for is nowhere in this module.
        let elsewhere = matches!(self.id, RuleId::Ins901 | RuleId::Ins902);
        let module = seen.lines.module.as_ref().filter(|_| !elsewhere);
        let finding = |found: Found| {
            let severity = self.policy.of(seen, &found);
            found.or_in_module(&seen.name, module).finding(self.id, &seen.name, severity)
        };
        Checked { result: judgement.result, findings: judgement.found.into_iter().map(finding).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::{RULES, RuleId};

    #[test]
    fn every_rule_has_a_page_that_says_what_why_how_found_and_how_to_fix() {
        for rule in RULES {
            assert!(rule.page.starts_with(&format!("# {}: {}\n", rule.id, rule.title)), "{}", rule.id);
            for part in ["## What", "## Why", "## How it is found", "## How to fix it"] {
                assert!(rule.page.contains(part), "{} lacks {part}", rule.id);
            }
        }
    }

    #[test]
    fn ids_are_written_the_same_everywhere() {
        assert_eq!(RuleId::Ins103.to_string(), "INS103");
        assert_eq!(serde_json::to_string(&RuleId::Ins103).unwrap(), "\"INS103\"");
        assert_eq!(super::rule("ins103").unwrap().id, RuleId::Ins103);
    }
}
