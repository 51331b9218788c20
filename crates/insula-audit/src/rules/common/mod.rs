//! What several rules share.

pub(super) mod globals;
pub(super) mod hostile;
pub(super) mod scenario;
pub(super) mod types;

use super::RuleId;
use crate::observations::{Gap, Leak, Seen, Spot};
use crate::report::{Finding, Location, RuleResult, Severity, Status};
use crate::reproducer;

/// Something a check found. How grave that is, the table says.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// What it is about, without offsets, addresses and counts: a symbol, a type, a callable.
    subject: String,
    message: String,
    location: Option<Location>,
    repro: Option<String>,
    /// Less grave than other findings of the rule.
    pub(super) minor: bool,
}

impl Found {
    pub(crate) fn new(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self { subject: subject.into(), message: message.into(), location: None, repro: None, minor: false }
    }

    /// Where it is: what kind of thing has which name, and its place in the file.
    pub(crate) fn at(mut self, kind: &str, name: impl Into<String>, place: Option<String>) -> Self {
        self.location = Some(Location { kind: kind.to_owned(), name: name.into(), place, ..Location::default() });
        self
    }

    /// Where in the source it is, if that is known. The key stays what it is: lines come and go.
    pub(crate) fn in_source(mut self, spot: Option<&Spot>) -> Self {
        if let (Some(location), Some(spot)) = (&mut self.location, spot) {
            location.symbol = Some(spot.symbol.clone());
            (location.file, location.line, location.column) = (spot.file.clone(), spot.line, spot.column);
        }
        self
    }

    /// The same, with the line that defines the module in the place of one that is not known.
    pub(crate) fn or_in_module(self, module: &str, spot: Option<&Spot>) -> Self {
        match &self.location {
            Some(location) if location.file.is_some() || location.symbol.is_some() => self,
            Some(location) if location.kind == "module" => self.in_source(spot),
            // The name of the module's function would pass for the name of what is found.
            Some(_) => self.in_source(spot).without_symbol(),
            None if spot.is_some() => self.at("module", module, None).in_source(spot),
            None => self,
        }
    }

    fn without_symbol(mut self) -> Self {
        if let Some(location) = &mut self.location {
            location.symbol = None;
        }
        self
    }

    pub(super) fn with_repro(mut self, repro: impl Into<Option<String>>) -> Self {
        self.repro = repro.into();
        self
    }

    pub(super) fn minor(mut self, minor: bool) -> Self {
        self.minor = minor;
        self
    }

    /// The callable's own name, if it is about one.
    pub(super) fn callable(&self) -> Option<&str> {
        let location = self.location.as_ref().filter(|location| location.kind == "callable")?;
        location.name.rsplit('.').next()
    }

    pub(crate) fn finding(self, rule: RuleId, module: &str, severity: Severity) -> Finding {
        let key = if self.subject.is_empty() {
            format!("{rule}:{module}")
        } else {
            format!("{rule}:{module}:{}", self.subject)
        };
        let repro = self.repro.map(|program| program.replace(reproducer::RULE, &rule.name()));
        Finding { rule, severity, key, message: self.message, location: self.location, repro, known: false }
    }
}

/// One significant digit: the others differ from run to run, and the report should not.
pub(super) fn rounded(number: f64) -> u64 {
    let scale = 10f64.powf(number.max(1.0).log10().floor());
    ((number / scale).round() * scale) as u64
}

/// What a call leaves behind, in words.
pub(super) fn amount(leak: &Leak) -> String {
    match (leak.blocks, leak.bytes) {
        (0, bytes) => format!("about {} bytes of native memory", rounded(bytes as f64)),
        (1, _) => "one block of Python's allocator".to_owned(),
        (blocks, _) => format!("about {} blocks of Python's allocator", rounded(blocks as f64)),
    }
}

/// What of the module a test calls, behind what it does.
pub(super) fn and_calls(callables: &[String]) -> String {
    const SHOWN: usize = 4;
    match callables {
        [] => String::new(),
        [only] => format!(" (it calls {only})"),
        [first @ .., last] if first.len() < SHOWN => format!(" (it calls {} and {last})", first.join(", ")),
        all => format!(" (it calls {} and {} more)", all[..SHOWN].join(", "), all.len() - SHOWN),
    }
}

/// What a check came to.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    pub(super) result: RuleResult,
    pub(super) found: Vec<Found>,
}

impl Judgement {
    pub(super) fn holds() -> Self {
        Self::without_findings(Status::Holds, None)
    }

    pub(super) fn not_run(why: impl Into<String>) -> Self {
        Self::without_findings(Status::NotRun, Some(why.into()))
    }

    pub(super) fn inconclusive(why: impl Into<String>) -> Self {
        Self::without_findings(Status::Inconclusive, Some(why.into()))
    }

    pub(super) fn gap(gap: &Gap) -> Self {
        if gap.inconclusive { Self::inconclusive(&gap.why) } else { Self::not_run(&gap.why) }
    }

    /// Broken if there are findings, else holding.
    pub(super) fn of(found: impl IntoIterator<Item = Found>) -> Self {
        let found: Vec<Found> = found.into_iter().collect();
        let status = if found.is_empty() { Status::Holds } else { Status::Broken };
        Self { found, ..Self::without_findings(status, None) }
    }

    /// One finding for each of these, if they could be seen.
    pub(super) fn of_each<T>(seen: &Seen<Vec<T>>, found: impl Fn(&T) -> Found) -> Self {
        match seen {
            Err(gap) => Self::gap(gap),
            Ok(all) => Self::of(all.iter().map(found)),
        }
    }

    /// Something to know about a rule that holds.
    pub(super) fn with_reason(mut self, reason: impl Into<String>) -> Self {
        if self.result.status == Status::Holds {
            self.result.reason = Some(reason.into());
        }
        self
    }

    fn without_findings(status: Status, reason: Option<String>) -> Self {
        Self { result: RuleResult { status, reason }, found: Vec::new() }
    }
}
