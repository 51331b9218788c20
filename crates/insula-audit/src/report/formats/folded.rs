//! The report about many modules: a row and a paragraph for each distribution, with counts in place of lists.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::text::{Style, put};
use super::{marks, plain};
use crate::report::{Answer, Answered, Finding, Isolated, Location, ModuleReport, Question, Report, Severity};
use crate::rules::RuleId;

/// More modules than this are folded.
const MANY: usize = 12;

/// How long a line may be, in characters.
const LONGEST: usize = 150;

/// Whether a report is folded, unless all is asked for.
pub(super) fn fits(report: &Report) -> bool {
    report.modules().count() > MANY
}

/// The modules of one distribution on one interpreter.
pub(super) struct Package<'a> {
    name: &'a str,
    version: &'a str,
    interpreter: &'a str,
    pub(super) modules: Vec<&'a ModuleReport>,
}

impl Package<'_> {
    /// What it is called, and how many modules it has.
    pub(super) fn title(&self) -> String {
        let modules =
            if self.modules.len() == 1 { "1 module".to_owned() } else { format!("{} modules", self.modules.len()) };
        format!("{} {} on CPython {}: {modules}", plain(self.name), plain(self.version), self.interpreter)
    }

    fn isolated(&self) -> Isolated {
        Isolated::worst(self.modules.iter().map(|module| module.isolated))
    }

    fn answer(&self, question: Question) -> &Answered {
        Answered::worst(self.modules.iter().map(|module| module.answers.get(question))).expect("it has modules")
    }

    /// What puts it in front of others.
    fn rank(&self) -> (u8, Reverse<usize>, String) {
        let rank = match self.isolated() {
            Isolated::No => 0,
            Isolated::Unknown => 1,
            Isolated::Yes => 2,
        };
        let no = Question::ALL.into_iter().filter(|question| self.answer(*question).answer == Answer::No).count();
        (rank, Reverse(no), self.name.to_lowercase())
    }
}

/// The distributions, the worst first.
pub(super) fn packages(report: &Report) -> Vec<Package<'_>> {
    let mut packages: Vec<Package<'_>> = Vec::new();
    for (target, module) in report.rows() {
        let name = module.distribution.as_deref().unwrap_or_else(|| module.name.split('.').next().unwrap_or_default());
        let (version, interpreter) = (module.version.as_deref().unwrap_or("-"), target.interpreter.as_str());
        let same = |one: &&mut Package<'_>| (one.name, one.version, one.interpreter) == (name, version, interpreter);
        match packages.iter_mut().find(same) {
            Some(one) => one.modules.push(module),
            None => packages.push(Package { name, version, interpreter, modules: vec![module] }),
        }
    }
    packages.sort_by_key(Package::rank);
    packages
}

/// The answer to what was asked, in one line.
pub(super) fn headline(out: &mut String, packages: &[Package<'_>], style: Style) {
    let count = |isolated| packages.iter().filter(|one| one.isolated() == isolated).count();
    let modules: usize = packages.iter().map(|one| one.modules.len()).sum();
    let noun = if packages.len() == 1 { "package" } else { "packages" };
    let mut parts = Vec::new();
    for (isolated, words) in
        [(Isolated::Yes, "isolated"), (Isolated::No, "not isolated"), (Isolated::Unknown, "not known")]
    {
        if count(isolated) > 0 {
            parts.push(format!("{} {words}", count(isolated)));
        }
    }
    put(out, "");
    let line = format!("{} {noun} with {modules} extension modules: {}", packages.len(), parts.join(", "));
    put(out, &style.paint("1", &line));
}

/// A row for each distribution.
pub(super) fn table(out: &mut String, report: &Report, packages: &[Package<'_>], style: Style) {
    let several = report.interpreters.len() > 1;
    let mut columns: Vec<(&str, Vec<String>)> = vec![
        ("package", packages.iter().map(|one| plain(one.name)).collect()),
        ("version", packages.iter().map(|one| plain(one.version)).collect()),
    ];
    if several {
        columns.push(("python", packages.iter().map(|one| plain(one.interpreter)).collect()));
    }
    columns.push(("modules", packages.iter().map(|one| one.modules.len().to_string()).collect()));
    columns.push(("isolated", packages.iter().map(|one| one.isolated().word().to_owned()).collect()));
    let width = |(head, cells): &(&str, Vec<String>)| {
        cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0).max(head.len())
    };
    let widths: Vec<usize> = columns.iter().map(width).collect();
    let mut head = String::new();
    for ((name, _), width) in columns.iter().zip(&widths) {
        head += &format!("{name:<width$}  ");
    }
    let names: Vec<&str> = Question::ALL.iter().map(|question| question.name()).collect();
    put(out, "");
    put(out, &style.paint("1", &(head + &names.join("  "))));
    for (number, one) in packages.iter().enumerate() {
        let mut line = String::new();
        for ((_, cells), width) in columns.iter().zip(&widths) {
            line += &format!("{:<width$}  ", cells[number]);
        }
        for question in Question::ALL {
            line += &style.mark(one.answer(question), question.name().len());
            line += "  ";
        }
        put(out, line.trim_end());
    }
    let legend: Vec<String> = marks::ALL.iter().map(|mark| format!("{} {}", style.sign(mark), mark.meaning)).collect();
    put(out, &style.paint("2", &legend.join("   ")));
}

/// The findings of one rule, each with its module.
type Found<'a> = Vec<(&'a str, &'a Finding)>;

/// The findings of each distribution: a line for each rule, with a count and an example.
pub(super) fn findings(out: &mut String, packages: &[Package<'_>], style: Style) {
    for one in packages {
        let mut groups: BTreeMap<(Reverse<Severity>, RuleId), Found<'_>> = BTreeMap::new();
        for module in &one.modules {
            for finding in module.findings.iter().filter(|finding| !finding.known) {
                groups.entry((Reverse(finding.severity), finding.rule)).or_default().push((&module.name, finding));
            }
        }
        if groups.is_empty() {
            continue;
        }
        put(out, "");
        put(
            out,
            &style.paint("1", &format!("{} {} on CPython {}", plain(one.name), plain(one.version), one.interpreter)),
        );
        let mut information = Vec::new();
        for ((severity, rule), found) in groups {
            if severity.0 == Severity::Info {
                information.push(format!("{rule} ({})", found.len()));
                continue;
            }
            put(out, &line(rule, severity.0, &found, style));
        }
        if !information.is_empty() {
            put(out, &format!("  for information: {}", information.join(", ")));
        }
    }
}

fn line(rule: RuleId, severity: Severity, found: &[(&str, &Finding)], style: Style) -> String {
    let modules: BTreeSet<&str> = found.iter().map(|(module, _)| *module).collect();
    let (module, finding) = found[0];
    let many = match (found.len(), modules.len()) {
        (1, _) => String::new(),
        (count, 1) => format!("{count}, such as "),
        (count, modules) => format!("{count} in {modules} modules, such as "),
    };
    let place = if finding.message.contains(module) { String::new() } else { format!("{}: ", plain(module)) };
    let source = finding.location.as_ref().and_then(source).unwrap_or_default();
    let text = format!("{}: {many}{place}{source}{}", rule.rule().title, plain(&finding.message));
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    format!("  {} {} {short}", style.paint("1", &rule.name()), style.severity(severity))
}

/// The file and the line in front of a message. Of a file elsewhere the name says enough here: `-v` has the folder.
fn source(location: &Location) -> Option<String> {
    let source = location.source()?;
    let short = if source.starts_with('/') { source.rsplit('/').next().unwrap_or(&source) } else { &source };
    Some(format!("{}: ", plain(short)))
}

/// What to do next.
pub(super) fn next(out: &mut String, packages: &[Package<'_>]) {
    put(out, "");
    put(
        out,
        "insula audit -v lists every finding, and insula audit NAME is about one package alone; --format html=FILE is \
         a page to",
    );
    put(out, "browse. insula explain ID says what a rule means and how to fix it.");
    if packages.iter().any(|one| one.answer(Question::OwnGil).answer != Answer::Yes) {
        put(
            out,
            "What does not work in interpreters with a GIL of their own runs in them as it is with insula_isolate, \
             which gives each of",
        );
        put(out, "them private copies: insula audit --isolate NAME proves that.");
    }
}
