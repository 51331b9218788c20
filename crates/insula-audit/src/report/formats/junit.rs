//! JUnit XML: a suite for each target and interpreter, a case for each module and rule.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{plain, said};
use crate::report::{ModuleReport, Report, Severity, Status, TargetReport};

type Out = Writer<Vec<u8>>;

/// What a case came to.
enum Outcome {
    Passed,
    Skipped(String),
    Failed { kind: &'static str, lines: Vec<String> },
    Error(String),
}

struct Case {
    class: String,
    name: String,
    seconds: f64,
    outcome: Outcome,
}

pub(super) fn render(report: &Report) -> io::Result<String> {
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 2);
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    out.create_element("testsuites")
        .with_attribute(("name", "insula"))
        .write_inner_content(|out| report.targets.iter().try_for_each(|target| suite(out, target)))?;
    let text = String::from_utf8(out.into_inner()).map_err(io::Error::other)?;
    Ok(text + "\n")
}

fn suite(out: &mut Out, target: &TargetReport) -> io::Result<()> {
    let mut cases: Vec<Case> = target.modules.iter().flat_map(cases_of).collect();
    if let Some(error) = &target.error {
        let outcome = Outcome::Error(error.clone());
        cases.push(Case { class: target.target.clone(), name: "audit".to_owned(), seconds: 0.0, outcome });
    }
    let count = |wanted: fn(&Outcome) -> bool| cases.iter().filter(|case| wanted(&case.outcome)).count().to_string();
    let seconds: f64 = cases.iter().map(|case| case.seconds).sum();
    out.create_element("testsuite")
        .with_attributes([
            ("name", plain(&format!("{} on CPython {}", target.target, target.interpreter)).as_str()),
            ("tests", cases.len().to_string().as_str()),
            ("failures", count(|outcome| matches!(outcome, Outcome::Failed { .. })).as_str()),
            ("errors", count(|outcome| matches!(outcome, Outcome::Error(_))).as_str()),
            ("skipped", count(|outcome| matches!(outcome, Outcome::Skipped(_))).as_str()),
            ("time", format!("{seconds:.2}").as_str()),
        ])
        .write_inner_content(|out| cases.iter().try_for_each(|case| write_case(out, case)))?;
    Ok(())
}

fn cases_of(module: &ModuleReport) -> Vec<Case> {
    let case = |name: String, seconds, outcome| Case { class: module.name.clone(), name, seconds, outcome };
    if let Some(error) = &module.error {
        return vec![case("audit".to_owned(), module.seconds, Outcome::Error(error.clone()))];
    }
    let mut cases = Vec::new();
    for (id, result) in &module.rules {
        let title = id.rule().title;
        let grave = |severity| severity >= Severity::Warning;
        let findings = || {
            module.findings.iter().filter(|finding| finding.rule == *id && !finding.known && grave(finding.severity))
        };
        let outcome = match result.status {
            Status::Holds => Outcome::Passed,
            Status::Broken => match findings().map(|finding| finding.severity).max() {
                // What is only information, or known from the baseline, fails nothing.
                None => Outcome::Passed,
                Some(worst) => Outcome::Failed { kind: worst.word(), lines: findings().map(said).collect() },
            },
            Status::Inconclusive | Status::NotRun => {
                Outcome::Skipped(result.reason.clone().unwrap_or_else(|| "no reason known".to_owned()))
            }
        };
        // The time is the module's, and is counted once.
        let seconds = if cases.is_empty() { module.seconds } else { 0.0 };
        cases.push(case(format!("{id} {title}"), seconds, outcome));
    }
    cases
}

fn write_case(out: &mut Out, case: &Case) -> io::Result<()> {
    let (class, name) = (plain(&case.class), plain(&case.name));
    let element = out.create_element("testcase").with_attributes([
        ("classname", class.as_str()),
        ("name", name.as_str()),
        ("time", format!("{:.2}", case.seconds).as_str()),
    ]);
    match &case.outcome {
        Outcome::Passed => element.write_empty()?,
        Outcome::Skipped(why) => element.write_inner_content(|out| {
            out.create_element("skipped").with_attribute(("message", plain(why).as_str())).write_empty().map(|_| ())
        })?,
        Outcome::Error(why) => element.write_inner_content(|out| {
            out.create_element("error").with_attribute(("message", plain(why).as_str())).write_empty().map(|_| ())
        })?,
        Outcome::Failed { kind, lines } => element.write_inner_content(|out| {
            let lines: Vec<String> = lines.iter().map(|line| plain(line)).collect();
            let noun = if lines.len() == 1 { "finding" } else { "findings" };
            out.create_element("failure")
                .with_attributes([("type", *kind), ("message", format!("{} {noun}", lines.len()).as_str())])
                .write_text_content(BytesText::new(&lines.join("\n")))
                .map(|_| ())
        })?,
    };
    Ok(())
}
