//! Workflow commands: one annotation for each module and rule, since GitHub shows only a few for each step.

use std::fmt::Write;

use super::{grouped, plain};
use crate::report::{Report, Severity};

/// How many messages one annotation holds.
const SHOWN: usize = 10;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    for target in &report.targets {
        let on = format!("CPython {}", target.interpreter);
        if let Some(error) = &target.error {
            annotation(&mut out, "error", &format!("not audited on {on}"), &plain(error));
        }
        for module in &target.modules {
            let name = plain(&module.name);
            if let Some(error) = &module.error {
                annotation(&mut out, "error", &format!("{name} not audited on {on}"), &plain(error));
            }
            for (id, findings) in grouped(module) {
                let new: Vec<String> =
                    findings.iter().filter(|finding| !finding.known).map(|finding| plain(&finding.message)).collect();
                if new.is_empty() {
                    continue;
                }
                let level = match findings[0].severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                    Severity::Info => "notice",
                };
                let title = id.rule().title;
                let mut text = new[..new.len().min(SHOWN)].join("\n");
                if new.len() > SHOWN {
                    let _ = write!(text, "\n... and {} more", new.len() - SHOWN);
                }
                annotation(&mut out, level, &format!("{id} {title}: {name} on {on}"), &text);
            }
        }
    }
    out
}

fn annotation(out: &mut String, level: &str, title: &str, text: &str) {
    let _ = writeln!(out, "::{level} title={}::{}", property(title), data(text));
}

/// What a command's text must not hold as it is.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
