//! `insula explain` and `insula rules`.

use std::fmt::Write;
use std::process::ExitCode;

use insula_audit::rules::{RULES, rule};

use crate::output::stdout;

pub(crate) fn explain(id: &str) -> Result<ExitCode, String> {
    let rule = rule(id).ok_or_else(|| format!("there is no rule {id}; `insula rules` lists them all"))?;
    print(rule.page.trim_end())
}

pub(crate) fn list() -> Result<ExitCode, String> {
    let mut out = String::new();
    for rule in RULES {
        let note = rule.policy.note().map(|note| format!(" ({note})")).unwrap_or_default();
        let _ = writeln!(out, "{}  {:<7}  {}{note}", rule.id, rule.policy.usual().word(), rule.title);
    }
    print(out.trim_end())
}

fn print(text: &str) -> Result<ExitCode, String> {
    stdout(&format!("{text}\n")).map(|()| ExitCode::SUCCESS)
}
