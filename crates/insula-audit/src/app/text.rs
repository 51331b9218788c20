//! The answer for people: one screen.

use std::fmt::Write;

use super::report::{Distribution, Kind, Report, Trouble};

/// What CPython says of a module that does not declare that it supports interpreters with a GIL of their own.
const UNDECLARED: &str = " does not support loading in subinterpreters";

/// How many packages that are not imported are named.
const SHOWN: usize = 12;

/// Names that stand for a kind of interpreter.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Legacy => "legacy interpreters",
        Kind::Own => "own-GIL interpreters",
    }
}

/// The report as text. Writing to a string does not fail.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    let _ = write_report(&mut out, report);
    out
}

fn write_report(out: &mut String, report: &Report) -> std::fmt::Result {
    let entries = report.entries.join(" ");
    let here = std::env::current_dir().unwrap_or_default();
    let python = report.python.strip_prefix(&here).unwrap_or(&report.python).display();
    writeln!(out, "{entries} on CPython {} ({python}, {})\n", report.version, report.reason)?;
    if let Some(why) = &report.main {
        writeln!(out, "  main interpreter        no   {why}")?;
        return writeln!(out, "\nIt does not import as it is, so there is nothing to compare; mend that first.");
    }
    writeln!(out, "  {:<22}  yes", "main interpreter")?;
    for verdict in &report.verdicts {
        let (answer, why) = match verdict.loads {
            Some(true) if report.fallbacks.is_empty() => ("yes", String::new()),
            Some(true) => ("yes", "by the fallbacks below".to_owned()),
            Some(false) => ("no", short(verdict.why.as_deref().unwrap_or_default())),
            None => ("?", short(verdict.why.as_deref().unwrap_or_default())),
        };
        writeln!(out, "  {:<22}  {}", kind(verdict.kind), format!("{answer:<4} {why}").trim_end())?;
    }
    if report.modules == 0 {
        return writeln!(out, "\nIt loads no extension modules but those of the standard library.");
    }
    obstacles(out, report)?;
    if !report.fallbacks.is_empty() {
        let names: Vec<String> = report.fallbacks.iter().map(with_switch).collect();
        writeln!(out, "\nGoes on without its extension modules: {}", names.join(", "))?;
    }
    others(out, report)?;
    for note in &report.notes {
        writeln!(out, "\nNot tried to the end: {note}")?;
    }
    advice(out, report)
}

fn obstacles(out: &mut String, report: &Report) -> std::fmt::Result {
    let (many, of) = (report.modules - report.everywhere, report.modules);
    if report.obstacles.is_empty() {
        return writeln!(
            out,
            "\nNothing stands in the way: {} of {of} extension modules load everywhere.",
            report.everywhere
        );
    }
    writeln!(out, "\nWhat stands in the way ({many} of {of} extension modules), worst first:")?;
    for one in &report.obstacles {
        let version = one.version.as_deref().unwrap_or_default();
        writeln!(out, "  {:<28} {}", format!("{} {version}", one.name), why(one))?;
        let address = one.upstream.as_deref().map(|url| format!("   {url}")).unwrap_or_default();
        writeln!(out, "      {}{address}", one.chain.join(" > "))?;
    }
    Ok(())
}

/// What the modules of a distribution do, the worst by kind.
fn why(one: &Distribution) -> String {
    let mut parts: Vec<(String, Vec<&str>)> = Vec::new();
    for asked in [Kind::Legacy, Kind::Own] {
        let of_kind = one.modules.iter().flat_map(|module| &module.troubles).filter(|(kind, _)| *kind == asked);
        let Some(worst) = of_kind.map(|(_, trouble)| trouble).min() else { continue };
        let said = match worst {
            Trouble::Crashes => "crashes".to_owned(),
            Trouble::Undeclared => "does not declare support".to_owned(),
            Trouble::Refuses { message } => format!("refuses: {}", short(message)),
            Trouble::Blocked { message } => format!("is kept by another one: {}", short(message)),
        };
        let name = if asked == Kind::Legacy { "legacy" } else { "own GIL" };
        match parts.iter_mut().find(|(what, _)| *what == said) {
            Some((_, kinds)) => kinds.push(name),
            None => parts.push((said, vec![name])),
        }
    }
    let parts: Vec<String> = parts.iter().map(|(what, kinds)| format!("{what} ({})", kinds.join(", "))).collect();
    parts.join("; ")
}

/// A message without its class and the address behind it.
fn short(message: &str) -> String {
    let text = message.strip_prefix("ImportError: ").unwrap_or(message);
    let text = text.split(", see http").next().unwrap_or(text);
    if let Some(name) = text.strip_prefix("module ").and_then(|rest| rest.strip_suffix(UNDECLARED)) {
        return format!("{name} does not declare support");
    }
    let mut text: String = text.chars().take(72).collect();
    if text.chars().count() == 72 {
        text.push_str("...");
    }
    text
}

fn with_switch(one: &Distribution) -> String {
    let version = one.version.as_deref().unwrap_or_default();
    let name = format!("{} {version}", one.name);
    one.switch.as_ref().map_or(name.clone(), |switch| format!("{name} ({switch})"))
}

fn others(out: &mut String, report: &Report) -> std::fmt::Result {
    let refusing: Vec<String> = report
        .others
        .iter()
        .filter(|other| !other.troubles.is_empty())
        .map(|other| {
            let kinds: Vec<&str> = other
                .troubles
                .iter()
                .map(|(kind, _)| if *kind == Kind::Legacy { "legacy" } else { "own GIL" })
                .collect();
            format!("{} {} (not with {})", other.name, other.version, kinds.join(", "))
        })
        .collect();
    let fine: Vec<String> = report
        .others
        .iter()
        .filter(|other| other.troubles.is_empty())
        .map(|other| format!("{} {}", other.name, other.version))
        .collect();
    if !refusing.is_empty() {
        writeln!(out, "\nInstalled, not imported, and would not load: {}", listed(&refusing))?;
    }
    if !fine.is_empty() {
        writeln!(out, "\nInstalled, not imported, and would load: {}", listed(&fine))?;
    }
    Ok(())
}

/// The first of many names, and how many there are besides.
fn listed(names: &[String]) -> String {
    let shown = names[..names.len().min(SHOWN)].join(", ");
    let more = names.len().saturating_sub(SHOWN);
    if more > 0 { format!("{shown} and {more} more (--format json has all)") } else { shown }
}

fn advice(out: &mut String, report: &Report) -> std::fmt::Result {
    if report.obstacles.is_empty() {
        let names = report.fallbacks.is_empty();
        return if names {
            writeln!(out, "\nThat a module loads does not show that it is isolated: `insula audit NAME` does.")
        } else {
            Ok(())
        };
    }
    writeln!(out, "\nWhat can be done today:")?;
    match &report.isolated {
        Some(verdict) if verdict.loads == Some(true) => {
            writeln!(
                out,
                "  insula_isolate, which gives each interpreter private copies: it loads all of this (tried just now)."
            )?;
        }
        Some(verdict) => {
            let why = short(verdict.why.as_deref().unwrap_or("it could not be tried"));
            writeln!(out, "  insula_isolate does not get it to load: {why}")?;
        }
        None => {
            writeln!(
                out,
                "  insula_isolate gives each interpreter private copies of extension modules, unmodified: install it in"
            )?;
            writeln!(out, "  this environment, and the same command tries it.")?;
        }
    }
    writeln!(out, "  Processes (ProcessPoolExecutor) need nothing of the modules.")?;
    writeln!(out, "  Which of them are isolated, and which line is not: insula audit NAME")
}
