//! The report for people.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

use super::marks::{self, Mark};
use super::{folded, grouped, plain, said};
use crate::report::{
    Answer, Answered, Finding, Isolated, ModuleReport, Question, Report, Severity, Status, TargetReport,
};
use crate::rules::RuleId;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Style {
    /// Every finding, and every rule that was not examined.
    pub verbose: bool,
    /// The table only.
    pub quiet: bool,
    /// ANSI colours.
    pub color: bool,
    /// Marks that every terminal has.
    pub ascii: bool,
}

/// How many findings of one rule in one module are shown, unless all are asked for.
const SHOWN: usize = 8;

impl Style {
    pub(super) fn paint(self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(super) fn severity(self, severity: Severity) -> String {
        let code = match severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
            Severity::Info => "1;36",
        };
        self.paint(code, severity.word())
    }

    /// The mark of an answer, in the middle of a column of this width.
    pub(super) fn mark(self, answered: &Answered, width: usize) -> String {
        let mark = marks::of(answered);
        let code = match mark.tone {
            "good" => "32",
            "fair" => "33",
            "bad" => "1;31",
            _ => "2",
        };
        self.paint(code, &format!("{:^width$}", self.sign(mark)))
    }

    pub(super) fn sign(self, mark: &Mark) -> char {
        if self.ascii { mark.plain } else { mark.sign }
    }

    fn isolated(self, isolated: Isolated, width: usize) -> String {
        let code = match isolated {
            Isolated::Yes => "32",
            Isolated::No => "1;31",
            Isolated::Unknown => "2",
        };
        self.paint(code, &format!("{:<width$}", isolated.word()))
    }
}

/// Renders the report.
pub(super) fn render(report: &Report, style: Style) -> String {
    let mut out = String::new();
    for host in &report.interpreters {
        let line = format!(
            "insula {} on CPython {}: {}",
            report.tool.version,
            host.version,
            plain(&host.executable.to_string_lossy())
        );
        put(&mut out, &format!("{line}\n({})", plain(&host.reason)));
    }
    if !style.verbose && folded::fits(report) {
        let packages = folded::packages(report);
        folded::headline(&mut out, &packages, style);
        folded::table(&mut out, report, &packages, style);
        if !style.quiet {
            folded::findings(&mut out, &packages, style);
            notes_of_targets(&mut out, report, style);
        }
        errors(&mut out, report, style);
        if !style.quiet {
            folded::next(&mut out, &packages);
        }
        return out;
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

pub(super) fn put(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

/// One row for each module on each interpreter, the worst first, and a column for each question.
fn table(out: &mut String, report: &Report, style: Style) {
    let mut rows: Vec<(&TargetReport, &ModuleReport)> = report.rows().collect();
    if rows.is_empty() {
        return;
    }
    rows.sort_by_key(|(_, module)| worst_first(module));
    let several = report.interpreters.len() > 1;
    let version = |module: &ModuleReport| plain(module.version.as_deref().unwrap_or("-"));
    let mut columns: Vec<(&str, Vec<String>)> = vec![
        ("module", rows.iter().map(|(_, module)| plain(&module.name)).collect()),
        ("version", rows.iter().map(|(_, module)| version(module)).collect()),
    ];
    if several {
        columns.push(("python", rows.iter().map(|(target, _)| plain(&target.interpreter)).collect()));
    }
    let width = |(head, cells): &(&str, Vec<String>)| {
        cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0).max(head.len())
    };
    let widths: Vec<usize> = columns.iter().map(width).collect();
    let mut head = String::new();
    for ((name, _), width) in columns.iter().zip(&widths) {
        let _ = write!(head, "{name:<width$}  ");
    }
    head += "isolated  ";
    for question in Question::ALL {
        let _ = write!(head, "{}  ", question.name());
    }
    put(out, "");
    put(out, &style.paint("1", &(head + "findings")));
    for (number, (_, module)) in rows.iter().enumerate() {
        let mut line = String::new();
        for ((_, cells), width) in columns.iter().zip(&widths) {
            let _ = write!(line, "{:<width$}  ", cells[number]);
        }
        line += &style.isolated(module.isolated, "isolated".len());
        line += "  ";
        for (question, answered) in module.answers.iter() {
            line += &style.mark(answered, question.name().len());
            line += "  ";
        }
        put(out, (line + &summary(module)).trim_end());
    }
    let shown = |mark: &&&Mark| {
        rows.iter().any(|(_, module)| module.answers.iter().any(|(_, a)| marks::of(a).sign == mark.sign))
    };
    let legend: Vec<String> =
        marks::ALL.iter().filter(shown).map(|mark| format!("{} {}", style.sign(mark), mark.meaning)).collect();
    put(out, &style.paint("2", &legend.join("   ")));
}

/// What puts a module in front of others: not isolated, then not known to be, then by what was found.
fn worst_first(module: &ModuleReport) -> (u8, Reverse<usize>, Reverse<usize>) {
    let rank = match module.isolated {
        Isolated::No => 0,
        Isolated::Unknown => 1,
        Isolated::Yes => 2,
    };
    let no = module.answers.iter().filter(|(_, answered)| answered.answer == Answer::No).count();
    let grave = module.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    (rank, Reverse(no), Reverse(grave))
}

/// The findings of a module by id, the worst first, with counts.
fn summary(module: &ModuleReport) -> String {
    if !module.audited() {
        return "not audited".to_owned();
    }
    let one = |(id, findings): (RuleId, Vec<&Finding>)| match findings.len() {
        1 => id.to_string(),
        count => format!("{id} ({count})"),
    };
    let all: Vec<String> = grouped(module).into_iter().map(one).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// The messages of one rule for one module, and the interpreters they were found on.
type Messages<'a> = Vec<(String, Vec<&'a str>)>;

/// The findings by severity and rule, and under each by module.
type Groups<'a> = BTreeMap<(Reverse<Severity>, RuleId), Vec<(&'a str, Messages<'a>)>>;

fn by_rule(out: &mut String, report: &Report, style: Style) {
    let mut groups = Groups::new();
    let mut known = 0_usize;
    for (target, module) in report.rows() {
        for finding in &module.findings {
            if finding.known {
                known += 1;
                continue;
            }
            let group = groups.entry((Reverse(finding.severity), finding.rule)).or_default();
            let at = group.iter().position(|(name, _)| *name == module.name).unwrap_or_else(|| {
                group.push((&module.name, Vec::new()));
                group.len() - 1
            });
            let messages = &mut group[at].1;
            let message = said(finding);
            let here = target.interpreter.as_str();
            match messages.iter_mut().find(|(other, on)| *other == message && !on.contains(&here)) {
                Some((_, on)) => on.push(here),
                None => messages.push((message, vec![here])),
            }
        }
    }
    for ((severity, id), group) in groups {
        let title = id.rule().title;
        put(out, "");
        put(out, &format!("{} {}: {title}", style.paint("1", &id.name()), style.severity(severity.0)));
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
        here.any(|(_, module)| module.name == name && module.audited())
    };
    report.interpreters.iter().filter(|one| has(&one.id)).count()
}

fn notes(out: &mut String, report: &Report, style: Style) {
    for (target, module) in report.rows() {
        let mut lines: Vec<String> = module.notes.clone();
        if style.verbose {
            lines.extend(answers(module));
            lines.extend(unexamined(module));
        }
        if !lines.is_empty() && module.audited() {
            let place =
                if report.interpreters.len() > 1 { format!(" on {}", target.interpreter) } else { String::new() };
            put(out, "");
            put(out, &format!("{} of {}{place}", style.paint("1", "notes"), plain(&module.name)));
            lines.iter().for_each(|line| put(out, &format!("  {}", plain(line))));
        }
    }
    notes_of_targets(out, report, style);
}

/// What is to be said of the targets as a whole.
fn notes_of_targets(out: &mut String, report: &Report, style: Style) {
    let mut bundles: Vec<_> = report.targets.iter().flat_map(|target| &target.bundled).collect();
    bundles.dedup();
    if !bundles.is_empty() {
        put(out, "");
        put(out, &style.paint("1", "bundled libraries, which are loaded with the modules"));
        for bundle in bundles {
            put(out, &format!("  {}: {}", plain(&bundle.folder.to_string_lossy()), plain(&bundle.files.join(", "))));
        }
    }
    for note in report.targets.iter().filter_map(|target| target.note.as_deref()) {
        put(out, "");
        put(out, &plain(note));
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

/// The answers that are no plain yes, and why.
fn answers(module: &ModuleReport) -> impl Iterator<Item = String> {
    module.answers.iter().filter_map(|(question, answered)| {
        let why = answered.why.as_deref().filter(|_| !answered.excluded)?;
        Some(format!("{}: {}: {why}", question.name(), answered.answer.word()))
    })
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
    if report.modules().next().is_none() {
        return;
    }
    put(out, "");
    let count = |isolated| report.modules().filter(|module| module.isolated == isolated).count();
    let (yes, no, unknown) = (count(Isolated::Yes), count(Isolated::No), count(Isolated::Unknown));
    let of = |number: usize| if number == 1 { "1 module".to_owned() } else { format!("{number} modules") };
    if yes > 0 {
        put(out, &format!("isolated: {}, no evidence of shared state, leaks or broken contracts", of(yes)));
    }
    if no > 0 {
        put(out, &format!("not isolated: {}", of(no)));
    }
    if unknown > 0 {
        put(out, &format!("not known: {}", of(unknown)));
    }
    excluded(out, report);
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

/// The questions that an interpreter could not ask, each once.
fn excluded(out: &mut String, report: &Report) {
    let mut lines: Vec<String> = Vec::new();
    for (target, module) in report.rows() {
        for (question, answered) in module.answers.iter().filter(|(_, answered)| answered.excluded) {
            let why = answered.why.as_deref().unwrap_or("no reason known");
            let on = if report.interpreters.len() > 1 { format!(" on {}", target.interpreter) } else { String::new() };
            let line = format!("Not asked{on}: {}: {}.", question.name(), plain(why));
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines.iter().for_each(|line| put(out, line));
}
