//! The report for people.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

use crate::model::{Finding, ModuleReport, Report, Severity, Status};
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
}

/// Renders the report.
pub fn render(report: &Report, style: Style) -> String {
    let mut out = String::new();
    if let Some(host) = &report.interpreter {
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

fn modules(report: &Report) -> impl Iterator<Item = &ModuleReport> {
    report.targets.iter().flat_map(|target| &target.modules)
}

fn table(out: &mut String, report: &Report, style: Style) {
    let rows: Vec<[String; 4]> = modules(report)
        .map(|module| {
            let rung = module.verdict.map_or("-", |verdict| verdict.name()).to_owned();
            [module.name.clone(), module.version.clone().unwrap_or_else(|| "-".to_owned()), rung, summary(module)]
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    let head = ["module", "version", "rung", "findings"].map(str::to_owned);
    let width = |column: usize| rows.iter().chain([&head]).map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let line = |row: &[String; 4]| {
        format!("{:<3$}  {:<4$}  {:<5$}  ", row[0], row[1], row[2], widths[0], widths[1], widths[2]) + &row[3]
    };
    put(out, "");
    put(out, &style.paint("1", &line(&head)));
    for row in &rows {
        put(out, &line(row));
    }
}

/// The findings of a module by id, the worst first, with counts.
fn summary(module: &ModuleReport) -> String {
    if module.verdict.is_none() {
        return "not audited".to_owned();
    }
    let mut ids: Vec<(&str, usize)> = Vec::new();
    for finding in &module.findings {
        match ids.iter_mut().find(|(id, _)| *id == finding.rule) {
            Some((_, count)) => *count += 1,
            None => ids.push((&finding.rule, 1)),
        }
    }
    if ids.is_empty() {
        return "none".to_owned();
    }
    let one = |(id, count): &(&str, usize)| {
        if *count == 1 { (*id).to_owned() } else { format!("{id} ({count})") }
    };
    ids.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The findings of one rule, module by module.
type Group<'a> = Vec<(&'a ModuleReport, Vec<&'a Finding>)>;

fn by_rule(out: &mut String, report: &Report, style: Style) {
    let mut groups: BTreeMap<(Reverse<Severity>, &str), Group> = BTreeMap::new();
    for module in modules(report) {
        for finding in &module.findings {
            let group = groups.entry((Reverse(finding.severity), finding.rule.as_str())).or_default();
            match group.last_mut() {
                Some((last, list)) if std::ptr::eq(*last, module) => list.push(finding),
                _ => group.push((module, vec![finding])),
            }
        }
    }
    for ((severity, id), group) in groups {
        let title = rules::rule(id).map_or("", |rule| rule.title);
        put(out, "");
        put(out, &format!("{} {}: {title}", style.paint("1", id), style.severity(severity.0)));
        for (module, findings) in group {
            let shown = if style.verbose { findings.len() } else { findings.len().min(SHOWN) };
            let only = findings.first().filter(|_| findings.len() == 1);
            if let Some(only) = only.filter(|only| only.message.contains(&module.name)) {
                put(out, &format!("  {}", only.message));
                continue;
            }
            put(out, &format!("  {}", module.name));
            for finding in &findings[..shown] {
                put(out, &format!("    {}", finding.message));
            }
            if findings.len() > shown {
                put(out, &format!("    ... and {} more (-v shows all)", findings.len() - shown));
            }
        }
    }
}

fn notes(out: &mut String, report: &Report, style: Style) {
    for module in modules(report) {
        let mut lines: Vec<String> = module.notes.clone();
        if style.verbose {
            lines.extend(
                module
                    .rules
                    .iter()
                    .filter(|(_, rule)| matches!(rule.status, Status::NotRun | Status::Inconclusive))
                    .map(|(id, rule)| {
                        let word = if rule.status == Status::NotRun { "not run" } else { "inconclusive" };
                        format!("{id} {word}: {}", rule.reason.as_deref().unwrap_or("no reason known"))
                    }),
            );
        }
        if !lines.is_empty() && module.verdict.is_some() {
            put(out, "");
            put(out, &format!("{} of {}", style.paint("1", "notes"), module.name));
            lines.iter().for_each(|line| put(out, &format!("  {line}")));
        }
    }
    if style.verbose {
        for target in &report.targets {
            target.skipped.iter().for_each(|line| put(out, &format!("passed over: {line}")));
        }
    }
}

fn errors(out: &mut String, report: &Report, style: Style) {
    let own = report.targets.iter().filter_map(|target| target.error.as_ref());
    let errors: Vec<&String> = own.chain(modules(report).filter_map(|module| module.error.as_ref())).collect();
    if !errors.is_empty() {
        put(out, "");
        errors.iter().for_each(|line| put(out, &format!("{} {line}", style.paint("1;31", "not audited:"))));
    }
}

fn closing(out: &mut String, report: &Report) {
    let mut rungs: BTreeMap<_, usize> = BTreeMap::new();
    for verdict in modules(report).filter_map(|module| module.verdict) {
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
    let _ = writeln!(out, "L5 was not examined: {}.", report.not_examined.join("; "));
    if modules(report).any(|module| !module.findings.is_empty()) {
        put(out, "`insula explain ID` says what a rule means and how to fix it.");
    }
}
