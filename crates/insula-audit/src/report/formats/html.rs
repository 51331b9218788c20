//! One HTML page: no network, no other file. The template escapes; a content security policy lets no script run but
//! ours.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::page_groups::{GroupView, fits, groups};
use super::{folded, grouped, marks, matrix, plain};
use crate::report::{Answered, Isolated, ModuleReport, Question, Report, Severity, Status, TargetReport};
use crate::rules::{RULES, RuleId};

const STYLE: &str = include_str!("../../../templates/report.css");
const SCRIPT: &str = include_str!("../../../templates/report.js");

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    style: &'static str,
    script: &'static str,
    script_hash: String,
    headline: String,
    tone: &'static str,
    tiles: Vec<Tile>,
    spread: Vec<Share>,
    questions: Vec<(&'static str, &'static str)>,
    rows: Vec<RowView>,
    modules: Vec<ModuleView>,
    problems: Vec<String>,
    explained: Vec<Explained>,
    skipped: Vec<String>,
    bundles: Vec<(String, String)>,
    known: usize,
    several: bool,
    /// How targets were understood.
    notes: Vec<String>,
}

/// A number in the page's head.
struct Tile {
    number: usize,
    label: &'static str,
    tone: &'static str,
}

/// How many modules are isolated, are not, or are not known to be.
struct Share {
    name: &'static str,
    meaning: &'static str,
    count: usize,
    tone: &'static str,
}

struct RowView {
    name: String,
    version: String,
    lines: Vec<LineView>,
}

/// One module on one interpreter.
struct LineView {
    id: usize,
    interpreter: String,
    audited: bool,
    isolated: &'static str,
    tone: &'static str,
    search: String,
    severities: String,
    cells: Vec<CellView>,
    errors: usize,
    warnings: usize,
    infos: usize,
}

/// One answer.
struct CellView {
    question: &'static str,
    answer: &'static str,
    sign: char,
    tone: &'static str,
    why: String,
}

struct ModuleView {
    id: usize,
    /// The distribution, above the first of its modules.
    package: Option<String>,
    name: String,
    version: String,
    interpreter: String,
    path: String,
    sha256: String,
    isolated: &'static str,
    tone: &'static str,
    search: String,
    severities: String,
    answers: Vec<CellView>,
    error: Option<String>,
    notes: Vec<String>,
    seconds: String,
    cached: bool,
    groups: Vec<GroupView>,
    rules: Vec<RuleView>,
}

struct RuleView {
    id: String,
    title: &'static str,
    status: &'static str,
    word: &'static str,
    reason: Option<String>,
}

struct Explained {
    id: String,
    title: &'static str,
    html: String,
}

pub(super) fn render(report: &Report) -> askama::Result<String> {
    let all: Vec<(&TargetReport, &ModuleReport)> = report.rows().collect();
    let number_of = |module: &ModuleReport| all.iter().position(|(_, other)| std::ptr::eq(*other, module)).unwrap_or(0);
    let rows = matrix::rows(report)
        .into_iter()
        .map(|row| RowView {
            name: plain(row.name),
            version: plain(&row.version()),
            lines: row
                .cells
                .iter()
                .zip(&report.interpreters)
                .filter_map(|(cell, host)| cell.map(|module| line(number_of(module), &host.id, module)))
                .collect(),
        })
        .collect();
    let graver = |severity| {
        all.iter().filter(|(_, module)| module.findings.iter().any(|f| f.severity == severity && !f.known)).count()
    };
    let (errors, warnings) = (graver(Severity::Error), graver(Severity::Warning));
    let problems: Vec<String> = report
        .targets
        .iter()
        .filter_map(|target| target.error.as_ref().map(|error| plain(&format!("{}: {error}", target.interpreter))))
        .collect();
    let unaudited = all.iter().filter(|(_, module)| !module.audited()).count();
    let clean = all.iter().filter(|(_, module)| module.isolated == Isolated::Yes).count();
    let several = report.interpreters.len() > 1;
    // A module on two interpreters is two results.
    let noun = if several { "results" } else { "modules" };
    let (headline, tone) = headline(noun, all.len(), clean, errors, warnings, unaudited + problems.len());
    Page {
        report,
        style: STYLE,
        script: SCRIPT,
        script_hash: STANDARD.encode(Sha256::digest(SCRIPT)),
        headline,
        tone,
        tiles: vec![
            Tile { number: all.len(), label: "audited", tone: "" },
            Tile { number: clean, label: "isolated", tone: "good" },
            Tile { number: errors, label: "with errors", tone: "bad" },
            Tile { number: warnings, label: "with warnings", tone: "fair" },
            Tile { number: unaudited, label: "not audited", tone: "none" },
        ],
        spread: spread(&all),
        questions: Question::ALL.iter().map(|question| (question.name(), question.meaning())).collect(),
        rows,
        modules: by_package(report, &all),
        notes: report.targets.iter().filter_map(|target| target.note.as_deref()).map(plain).collect(),
        problems,
        explained: explained(report),
        skipped: report.targets.iter().flat_map(|target| &target.skipped).map(|line| plain(line)).collect(),
        bundles: bundles(report),
        known: all.iter().flat_map(|(_, module)| &module.findings).filter(|finding| finding.known).count(),
        several,
    }
    .render()
}

/// What the whole report comes to, in one sentence.
fn headline(
    noun: &str,
    all: usize,
    clean: usize,
    errors: usize,
    warnings: usize,
    unaudited: usize,
) -> (String, &'static str) {
    let noun = if all == 1 { noun.trim_end_matches('s') } else { noun };
    if all == 0 {
        return ("Nothing could be audited".to_owned(), "none");
    }
    if errors > 0 {
        return (format!("{errors} of {all} {noun} with errors"), "bad");
    }
    if unaudited > 0 {
        return (format!("{unaudited} could not be audited"), "none");
    }
    if warnings > 0 {
        return (format!("No errors, {warnings} of {all} {noun} with warnings"), "fair");
    }
    (format!("{clean} of {all} {noun} isolated"), "good")
}

fn tone(isolated: Isolated) -> &'static str {
    match isolated {
        Isolated::Yes => "good",
        Isolated::No => "bad",
        Isolated::Unknown => "none",
    }
}

fn spread(all: &[(&TargetReport, &ModuleReport)]) -> Vec<Share> {
    let kinds = [
        (Isolated::Yes, "isolated", "no evidence of shared state, leaks or broken contracts"),
        (Isolated::No, "not isolated", "a question is answered with no, or refused"),
        (Isolated::Unknown, "not known", "a question that can be asked has no answer"),
    ];
    let share = |(isolated, name, meaning)| Share {
        name,
        meaning,
        count: all.iter().filter(|(_, module)| module.isolated == isolated).count(),
        tone: tone(isolated),
    };
    kinds.into_iter().map(share).filter(|share| share.count > 0).collect()
}

fn cells(module: &ModuleReport) -> Vec<CellView> {
    let cell = |(question, answered): (Question, &Answered)| {
        let mark = marks::of(answered);
        CellView {
            question: question.name(),
            answer: mark.meaning,
            sign: mark.sign,
            tone: mark.tone,
            why: plain(answered.why.as_deref().unwrap_or_default()),
        }
    };
    module.answers.iter().map(cell).collect()
}

fn line(id: usize, interpreter: &str, module: &ModuleReport) -> LineView {
    let count = |severity| module.findings.iter().filter(|finding| finding.severity == severity).count();
    LineView {
        id,
        interpreter: interpreter.to_owned(),
        audited: module.audited(),
        isolated: module.isolated.word(),
        tone: tone(module.isolated),
        search: search(module),
        severities: severities(module),
        cells: cells(module),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        infos: count(Severity::Info),
    }
}

/// What the page's filter looks for.
fn search(module: &ModuleReport) -> String {
    let mut words = vec![plain(&module.name).to_lowercase()];
    words.extend(grouped(module).into_iter().map(|(id, _)| id.name().to_lowercase()));
    words.push(format!("isolated:{}", module.isolated.word()));
    words.join(" ")
}

fn severities(module: &ModuleReport) -> String {
    let mut words: Vec<&str> = module.findings.iter().map(|finding| finding.severity.word()).collect();
    words.sort_unstable();
    words.dedup();
    if !module.audited() {
        words.push("unaudited");
    }
    if words.is_empty() {
        words.push("clean");
    }
    words.join(" ")
}

/// The modules, those of a distribution together, the worst distribution first.
fn by_package(report: &Report, all: &[(&TargetReport, &ModuleReport)]) -> Vec<ModuleView> {
    let packages = folded::packages(report);
    let all_reproducers = fits(all.iter().map(|(_, module)| *module));
    let mut views = Vec::new();
    for package in &packages {
        for (number, module) in package.modules.iter().enumerate() {
            let Some(id) = all.iter().position(|(_, other)| std::ptr::eq(*other, *module)) else { continue };
            let title = (number == 0 && packages.len() > 1).then(|| package.title());
            views.push(ModuleView { package: title, ..view(id, all[id].0, module, all_reproducers) });
        }
    }
    views
}

fn view(id: usize, target: &TargetReport, module: &ModuleReport, all_reproducers: bool) -> ModuleView {
    ModuleView {
        id,
        package: None,
        name: plain(&module.name),
        version: plain(module.version.as_deref().unwrap_or_default()),
        interpreter: target.interpreter.clone(),
        path: plain(&module.path.to_string_lossy()),
        sha256: module.sha256.clone(),
        isolated: module.isolated.word(),
        tone: tone(module.isolated),
        search: search(module),
        severities: severities(module),
        answers: cells(module),
        error: module.error.as_deref().map(plain),
        notes: module.notes.iter().map(|note| plain(note)).collect(),
        seconds: format!("{:.1}", module.seconds),
        cached: module.cached,
        groups: groups(module, all_reproducers),
        rules: module
            .rules
            .iter()
            .map(|(id, result)| {
                let (status, word) = match result.status {
                    Status::Holds => ("holds", "holds"),
                    Status::Broken => ("broken", "broken"),
                    Status::Inconclusive => ("inconclusive", "inconclusive"),
                    Status::NotRun => ("not-run", "not run"),
                };
                let title = id.rule().title;
                RuleView { id: id.name(), title, status, word, reason: result.reason.as_deref().map(plain) }
            })
            .collect(),
    }
}

/// The pages of the rules that were found.
fn explained(report: &Report) -> Vec<Explained> {
    let found = |id: RuleId| report.modules().any(|module| module.findings.iter().any(|finding| finding.rule == id));
    RULES
        .iter()
        .filter(|rule| found(rule.id))
        .map(|rule| {
            // The page's own title stands in the summary already.
            let page = rule.page.split_once('\n').map_or("", |(_, rest)| rest);
            let mut html = String::new();
            pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(page));
            Explained { id: rule.id.name(), title: rule.title, html }
        })
        .collect()
}

fn bundles(report: &Report) -> Vec<(String, String)> {
    let all = report.targets.iter().flat_map(|target| &target.bundled);
    let mut bundles: Vec<(String, String)> =
        all.map(|bundle| (plain(&bundle.folder.to_string_lossy()), plain(&bundle.files.join(", ")))).collect();
    bundles.dedup();
    bundles
}
