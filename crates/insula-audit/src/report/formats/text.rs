//! The report for people.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

use super::matrix::{self, Row};
use super::{grouped, plain};
use crate::report::{ModuleReport, Report, Severity, Status, Verdict};
use crate::rules;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Style {
    /// Every finding, and every rule that was not examined.
    pub verbose: bool,
    /// The table only.
    pub quiet: bool,
    /// ANSI colours.
    pub color: bool,
}

/// How many findings of one rule in one module are shown, unless all are asked for.
const SHOWN: usize = 8;

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn severity(self, severity: Severity) -> String {
        let code = match severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
            Severity::Info => "1;36",
        };
        self.paint(code, severity.word())
    }

    /// A rung, in a column of this width.
    fn rung(self, verdict: Option<Verdict>, width: usize) -> String {
        let code = match verdict {
            None => "2",
            Some(rung) if rung >= Verdict::L4 => "32",
            Some(rung) if rung >= Verdict::L3u => "33",
            Some(_) => "31",
        };
        self.paint(code, &format!("{:<width$}", verdict.map_or("-", Verdict::name)))
    }
}

/// Renders the report.
pub(super) fn render(report: &Report, style: Style) -> String {
    let mut out = String::new();
    for host in &report.interpreters {
        let line = format!("insula {} on CPython {}: {}", report.tool.version, host.version, host.executable.display());
        put(&mut out, &format!("{line}\n({})", host.reason));
    }
    table(&mut out, report, style);
    if !style.quiet {
        by_rule(&mut out, report, style);
        notes(&mut out, report, style);
    }
    errors(&mut out, report, style);
    if !style.quiet {
        closing(&mut out, report);
    }
    out
}

fn put(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

/// One row for each module, one column for each interpreter.
fn table(out: &mut String, report: &Report, style: Style) {
    let rows = matrix::rows(report);
    if rows.is_empty() {
        return;
    }
    let names: Vec<String> = rows.iter().map(|row| plain(row.name)).collect();
    let versions: Vec<String> = rows
        .iter()
        .map(|row| plain(&row.version()))
        .map(|version| if version.is_empty() { "-".to_owned() } else { version })
        .collect();
    let rungs: Vec<&str> = match &report.interpreters[..] {
        [_] => vec!["rung"],
        several => several.iter().map(|one| one.id.as_str()).collect(),
    };
    let width = |head: &str, cells: &[String]| {
        cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0).max(head.chars().count())
    };
    let (first, second) = (width("module", &names), width("version", &versions));
    let mut head = format!("{:<first$}  {:<second$}  ", "module", "version");
    for rung in &rungs {
        let _ = write!(head, "{:<1$}  ", rung, rung.len().max(4));
    }
    put(out, "");
    put(out, &style.paint("1", &(head + "findings")));
    for ((row, name), version) in rows.iter().zip(&names).zip(&versions) {
        let mut line = format!("{name:<first$}  {version:<second$}  ");
        for (cell, rung) in row.cells.iter().zip(&rungs) {
            line += &style.rung(cell.and_then(|module| module.verdict), rung.len().max(4));
            line += "  ";
        }
        put(out, (line + &summary(row)).trim_end());
    }
}

/// The findings of a module by id, the worst first, with counts: the most that any interpreter showed.
fn summary(row: &Row<'_>) -> String {
    if row.modules().all(|module| module.verdict.is_none()) {
        return "not audited".to_owned();
    }
    let mut ids: Vec<(Reverse<Severity>, &str, usize)> = Vec::new();
    for (id, findings) in row.modules().flat_map(grouped) {
        match ids.iter_mut().find(|(_, known, _)| *known == id) {
            Some((_, _, count)) => *count = findings.len().max(*count),
            None => ids.push((Reverse(findings[0].severity), id, findings.len())),
        }
    }
    if ids.is_empty() {
        return "none".to_owned();
    }
    ids.sort();
    let one = |(_, id, count): &(Reverse<Severity>, &str, usize)| {
        if *count == 1 { (*id).to_owned() } else { format!("{id} ({count})") }
    };
    ids.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The messages of one rule for one module, and the interpreters they were found on.
type Messages<'a> = Vec<(String, Vec<&'a str>)>;

/// The findings by severity and rule, and under each by module.
type Groups<'a> = BTreeMap<(Reverse<Severity>, &'a str), Vec<(&'a str, Messages<'a>)>>;

fn by_rule(out: &mut String, report: &Report, style: Style) {
    let mut groups = Groups::new();
    let mut known = 0_usize;
    for (target, module) in report.rows() {
        for finding in &module.findings {
            if finding.known {
                known += 1;
                continue;
            }
            let group = groups.entry((Reverse(finding.severity), finding.rule.as_str())).or_default();
            let at = group.iter().position(|(name, _)| *name == module.name).unwrap_or_else(|| {
                group.push((&module.name, Vec::new()));
                group.len() - 1
            });
            let messages = &mut group[at].1;
            let message = plain(&finding.message);
            let here = target.interpreter.as_str();
            match messages.iter_mut().find(|(other, on)| *other == message && !on.contains(&here)) {
                Some((_, on)) => on.push(here),
                None => messages.push((message, vec![here])),
            }
        }
    }
    for ((severity, id), group) in groups {
        let title = rules::rule(id).map_or("", |rule| rule.title);
        put(out, "");
        put(out, &format!("{} {}: {title}", style.paint("1", id), style.severity(severity.0)));
        for (name, messages) in group {
            let everywhere = audited_on(report, name);
            let line = |(message, on): &(String, Vec<&str>)| {
                if on.len() < everywhere { format!("{message} [{}]", on.join(", ")) } else { message.clone() }
            };
            if let [only] = &messages[..]
                && only.0.contains(&plain(name))
            {
                put(out, &format!("  {}", line(only)));
                continue;
            }
            put(out, &format!("  {}", plain(name)));
            let shown = if style.verbose { messages.len() } else { messages.len().min(SHOWN) };
            messages[..shown].iter().for_each(|message| put(out, &format!("    {}", line(message))));
            if messages.len() > shown {
                put(out, &format!("    ... and {} more (-v shows all)", messages.len() - shown));
            }
        }
    }
    if known > 0 {
        let noun = if known == 1 { "finding is" } else { "findings are" };
        put(out, "");
        put(out, &format!("{known} {noun} in the baseline, and not shown."));
    }
}

/// On how many interpreters a module of this name was audited.
fn audited_on(report: &Report, name: &str) -> usize {
    let has = |id: &str| {
        let mut here = report.rows().filter(|(target, _)| target.interpreter == id);
        here.any(|(_, module)| module.name == name && module.verdict.is_some())
    };
    report.interpreters.iter().filter(|one| has(&one.id)).count()
}

fn notes(out: &mut String, report: &Report, style: Style) {
    for (target, module) in report.rows() {
        let mut lines: Vec<String> = module.notes.clone();
        if style.verbose {
            lines.extend(unexamined(module));
        }
        if !lines.is_empty() && module.verdict.is_some() {
            let place =
                if report.interpreters.len() > 1 { format!(" on {}", target.interpreter) } else { String::new() };
            put(out, "");
            put(out, &format!("{} of {}{place}", style.paint("1", "notes"), plain(&module.name)));
            lines.iter().for_each(|line| put(out, &format!("  {}", plain(line))));
        }
    }
    let mut bundles: Vec<_> = report.targets.iter().flat_map(|target| &target.bundled).collect();
    bundles.dedup();
    if !bundles.is_empty() {
        put(out, "");
        put(out, &style.paint("1", "bundled libraries, which are loaded with the modules"));
        for bundle in bundles {
            put(out, &format!("  {}: {}", bundle.folder.display(), plain(&bundle.files.join(", "))));
        }
    }
    let passed: usize = report.targets.iter().map(|target| target.skipped.len()).sum();
    if style.verbose {
        for target in &report.targets {
            target.skipped.iter().for_each(|line| put(out, &format!("passed over: {}", plain(line))));
        }
    } else if passed > 0 {
        put(out, "");
        let noun = if passed == 1 { "file was" } else { "files were" };
        put(out, &format!("{passed} {noun} passed over (-v says why)."));
    }
}

/// The rules that were not examined, and why.
fn unexamined(module: &ModuleReport) -> impl Iterator<Item = String> {
    module.rules.iter().filter_map(|(id, rule)| {
        let word = match rule.status {
            Status::NotRun => "not run",
            Status::Inconclusive => "inconclusive",
            Status::Holds | Status::Broken => return None,
        };
        Some(format!("{id} {word}: {}", rule.reason.as_deref().unwrap_or("no reason known")))
    })
}

fn errors(out: &mut String, report: &Report, style: Style) {
    let mut lines: Vec<String> = Vec::new();
    for target in &report.targets {
        let on = if report.interpreters.len() > 1 { format!(" [{}]", target.interpreter) } else { String::new() };
        let own = target.error.iter().chain(target.modules.iter().filter_map(|module| module.error.as_ref()));
        lines.extend(own.map(|error| plain(error) + &on));
    }
    if !lines.is_empty() {
        put(out, "");
        lines.iter().for_each(|line| put(out, &format!("{} {line}", style.paint("1;31", "not audited:"))));
    }
}

fn closing(out: &mut String, report: &Report) {
    let mut rungs: BTreeMap<_, usize> = BTreeMap::new();
    for verdict in report.modules().filter_map(|module| module.verdict) {
        *rungs.entry(verdict).or_default() += 1;
    }
    if rungs.is_empty() {
        return;
    }
    put(out, "");
    for (verdict, count) in rungs.iter().rev() {
        let noun = if *count == 1 { "module" } else { "modules" };
        put(out, &format!("{}: {count} {noun}, {}", verdict.name(), verdict.meaning()));
    }
    if !report.not_examined.is_empty() {
        let _ = writeln!(out, "Not examined: {}.", report.not_examined.join("; "));
    }
    let cached = report.modules().filter(|module| module.cached).count();
    if cached > 0 {
        let _ = writeln!(out, "{cached} of {} results are of earlier audits (--no-cache).", report.modules().count());
    }
    if report.modules().any(|module| !module.findings.is_empty()) {
        put(out, "`insula explain ID` says what a rule means and how to fix it.");
    }
}
