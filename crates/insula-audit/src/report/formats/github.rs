//! Workflow commands: one annotation for each module, rule and source line, since GitHub shows only a few for each
//! step.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::{grouped, plain, said};
use crate::report::{Finding, Report, Severity};

/// How many messages one annotation holds.
const SHOWN: usize = 10;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    for target in &report.targets {
        let on = format!("CPython {}", target.interpreter);
        if let Some(error) = &target.error {
            annotation(&mut out, "error", None, &format!("not audited on {on}"), &plain(error));
        }
        for module in &target.modules {
            let name = plain(&module.name);
            if let Some(error) = &module.error {
                annotation(&mut out, "error", None, &format!("{name} not audited on {on}"), &plain(error));
            }
            for (id, findings) in grouped(module) {
                let new: Vec<&Finding> = findings.into_iter().filter(|finding| !finding.known).collect();
                let title = format!("{id} {}: {name} on {on}", id.rule().title);
                for (place, findings) in by_line(&new) {
                    let level = match findings[0].severity {
                        Severity::Error => "error",
                        Severity::Warning => "warning",
                        Severity::Info => "notice",
                    };
                    let said: Vec<String> = findings.iter().take(SHOWN).map(|finding| said(finding)).collect();
                    let mut text = said.join("\n");
                    if findings.len() > SHOWN {
                        let _ = write!(text, "\n... and {} more", findings.len() - SHOWN);
                    }
                    annotation(&mut out, level, place, &title, &text);
                }
            }
        }
    }
    out
}

/// A line of a file.
type Line<'a> = (&'a str, u32);

/// The findings by the line of the repository that they are about: GitHub shows each there, and the others, and those
/// in files from elsewhere, above all.
fn by_line<'a>(findings: &[&'a Finding]) -> BTreeMap<Option<Line<'a>>, Vec<&'a Finding>> {
    let mut groups: BTreeMap<Option<Line<'a>>, Vec<&'a Finding>> = BTreeMap::new();
    for finding in findings {
        let location = finding.location.as_ref();
        let place = location.and_then(|location| Some((location.file.as_deref()?, location.line?)));
        groups.entry(place.filter(|(file, _)| Path::new(file).is_relative())).or_default().push(finding);
    }
    groups
}

fn annotation(out: &mut String, level: &str, line: Option<Line<'_>>, title: &str, text: &str) {
    let place = line.map(|(file, line)| format!("file={},line={line},", property(&plain(file)))).unwrap_or_default();
    let _ = writeln!(out, "::{level} {place}title={}::{}", property(title), data(text));
}

/// What a command's text must not hold as it is.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
