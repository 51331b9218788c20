//! The page of an ecosystem: a row for each package on each interpreter, in Markdown.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write;

use super::{marks, plain};
use crate::report::{Answer, Answered, Finding, Isolated, ModuleReport, Question, Report, Severity, TargetReport};

/// How long an obstacle may be, in characters.
const LONGEST: usize = 110;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    let _ = write_page(&mut out, report);
    out
}

/// Writing to a string does not fail.
fn write_page(out: &mut String, report: &Report) -> std::fmt::Result {
    let versions: BTreeSet<&str> = report.interpreters.iter().map(|one| one.version.as_str()).collect();
    let versions: Vec<&str> = versions.into_iter().collect();
    writeln!(out, "# Which packages are isolated\n")?;
    writeln!(
        out,
        "Extension modules of packages, as `insula audit` {} found them on CPython {}. Each package was taken as its \
         wheel is, at the version named; an answer is that of the worst of its modules.\n",
        cell(&report.tool.version),
        cell(&versions.join(" and "))
    )?;
    writeln!(
        out,
        "`insula merge --format ecosystem` makes this page of reports that `insula audit --format json` wrote.\n"
    )?;
    for question in Question::ALL {
        writeln!(out, "* **{}**: {}", question.name(), question.meaning())?;
    }
    let legend: Vec<String> = marks::ALL.iter().map(|mark| format!("{} {}", mark.sign, mark.meaning)).collect();
    writeln!(
        out,
        "\n{}. **Isolated** is yes if every question that the interpreter can ask is answered with yes.\n",
        legend.join(", ")
    )?;
    let mut targets: Vec<&TargetReport> = report.targets.iter().collect();
    targets.sort_by_key(|target| (package(&target.target).to_lowercase(), target.interpreter.clone()));
    summary(out, report, &targets)?;
    write!(out, "| package | version | Python | modules | isolated |")?;
    Question::ALL.iter().try_for_each(|question| write!(out, " {} |", question.name()))?;
    writeln!(out, " first obstacle | audited |")?;
    writeln!(out, "|{}", " --- |".repeat(Question::ALL.len() + 7))?;
    for target in targets.iter().filter(|target| !target.modules.is_empty()) {
        row(out, target)?;
    }
    let failed: Vec<&&TargetReport> = targets.iter().filter(|target| target.modules.is_empty()).collect();
    if !failed.is_empty() {
        writeln!(out, "\n## Not audited\n")?;
    }
    for target in failed {
        let why = target.error.as_deref().unwrap_or("it has no extension module");
        writeln!(out, "* {} on {}: {}", cell(&target.target), cell(&target.interpreter), cell(why))?;
    }
    Ok(())
}

/// How many packages answer a question with yes, by interpreter.
fn summary(out: &mut String, report: &Report, targets: &[&TargetReport]) -> std::fmt::Result {
    writeln!(out, "| Python | packages | isolated | legacy | own-gil | of these declared | parallel | restart |")?;
    writeln!(out, "|{}", " ---: |".repeat(8))?;
    let mut hosts: Vec<_> = report.interpreters.iter().collect();
    let number = |part: &str| part.parse::<u32>().unwrap_or(0);
    hosts.sort_by_key(|host| host.version.split('.').map(number).collect::<Vec<_>>());
    for host in hosts {
        let here: Vec<&&TargetReport> =
            targets.iter().filter(|target| target.interpreter == host.id && !target.modules.is_empty()).collect();
        let yes = |question| here.iter().filter(|target| worst(target, question).answer == Answer::Yes).count();
        let declared = here.iter().map(|target| worst(target, Question::OwnGil));
        let declared = declared.filter(|one| one.answer == Answer::Yes && one.declared == Some(true)).count();
        let isolated = here.iter().filter(|target| isolated(target) == Isolated::Yes).count();
        let [legacy, own, parallel, restart] =
            [Question::Legacy, Question::OwnGil, Question::Parallel, Question::Restart].map(yes);
        let all = here.len();
        writeln!(
            out,
            "| {} | {all} | {isolated} | {legacy} | {own} | {declared} | {parallel} | {restart} |",
            cell(&host.id)
        )?;
    }
    writeln!(out)
}

fn row(out: &mut String, target: &TargetReport) -> std::fmt::Result {
    let version = target.modules.iter().find_map(|module| module.version.as_deref()).unwrap_or("-");
    let (name, modules) = (cell(package(&target.target)), target.modules.len());
    write!(
        out,
        "| {name} | {} | {} | {modules} | {} |",
        cell(version),
        cell(&target.interpreter),
        isolated(target).word()
    )?;
    for question in Question::ALL {
        write!(out, " {} |", marks::of(worst(target, question)).sign)?;
    }
    let obstacle = obstacle(target).map_or(String::new(), |text| cell(&shortened(&text)));
    writeln!(out, " {obstacle} | {} |", cell(target.made.as_deref().unwrap_or("-")))
}

/// A target without its version, and a file without its folder.
fn package(target: &str) -> &str {
    let name = target.rsplit('/').next().unwrap_or(target);
    name.split("==").next().unwrap_or(name)
}

/// What the worst of the modules answers.
fn worst(target: &TargetReport, question: Question) -> &Answered {
    Answered::worst(target.modules.iter().map(|module| module.answers.get(question))).expect("a target with modules")
}

fn isolated(target: &TargetReport) -> Isolated {
    Isolated::worst(target.modules.iter().map(|module| module.isolated))
}

/// What a user meets first: the first question that is not answered with yes, and why; a finding says more than its
/// rule's id.
fn obstacle(target: &TargetReport) -> Option<String> {
    for question in Question::ALL {
        let bad = |module: &&ModuleReport| matches!(module.answers.get(question).answer, Answer::No | Answer::Refused);
        let Some(module) = target.modules.iter().find(bad) else { continue };
        let why = module.answers.get(question).why.as_deref().unwrap_or_default();
        let grave =
            |finding: &&Finding| finding.severity >= Severity::Warning && why.contains(&finding.rule.to_string());
        let said = match module.findings.iter().filter(grave).min_by_key(|finding| Reverse(finding.severity)) {
            Some(finding) => format!("{}: {}", finding.rule, finding.message),
            None => why.to_owned(),
        };
        return Some(format!("{}: {said}", question.name()));
    }
    None
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(LONGEST).collect();
    // A word that was cut in two says nothing.
    short.truncate(short.rfind(' ').unwrap_or(short.len()));
    short + " ..."
}

/// Text of hostile origin in a cell of a table.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in plain(text).chars() {
        match c {
            '|' | '&' | '*' | '_' | '`' | '<' | '[' | ']' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}
