//! The answer for people: one screen.

use std::fmt::Write;

use super::lists::{self, write_all};
use super::report::{Distribution, Kind, Module, Newer, Report, Trouble};
use crate::report::formats::plain;

/// What CPython says of a module that does not declare that it supports interpreters with a GIL of their own.
const UNDECLARED: &str = " does not support loading in subinterpreters";

/// Of how many that stand in the way it is told how, so that the answer fits on a screen.
const DETAILED: usize = 8;

/// How many packages that are not imported are named.
const SHOWN: usize = 12;

/// Names that stand for a kind of interpreter.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Legacy => "legacy interpreters",
        Kind::Own => "own-GIL interpreters",
    }
}

pub(super) fn brief(kind: Kind) -> &'static str {
    match kind {
        Kind::Legacy => "legacy",
        Kind::Own => "own GIL",
    }
}

/// The report as text. Writing to a string does not fail.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    let _ = write_report(&mut out, &harmless(report));
    out
}

/// The report without what a terminal would take for a command: names and messages come from anywhere.
fn harmless(report: &Report) -> Report {
    fn clean(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = plain(text),
            serde_json::Value::Array(all) => all.iter_mut().for_each(clean),
            serde_json::Value::Object(all) => all.values_mut().for_each(clean),
            _ => {}
        }
    }
    let cleaned = serde_json::to_value(report).and_then(|mut value| {
        clean(&mut value);
        serde_json::from_value(value)
    });
    cleaned.unwrap_or_else(|_| report.clone())
}

fn write_report(out: &mut String, report: &Report) -> std::fmt::Result {
    let entries = match report.entries.join(" ") {
        all if all == "--env" => "everything that is installed,".to_owned(),
        others => others,
    };
    let here = std::env::current_dir().unwrap_or_default();
    let python = report.python.strip_prefix(&here).unwrap_or(&report.python).display();
    writeln!(out, "{entries} on CPython {} ({python}, {})", report.version, report.reason)?;
    if let Some(day) = &report.kept {
        writeln!(out, "The answer of {day}, kept from an earlier run; --no-cache asks again.")?;
    }
    writeln!(out)?;
    if let Some(why) = &report.main {
        writeln!(out, "  main interpreter        no   {why}")?;
        notes(out, report)?;
        time_limit(out, report)?;
        return writeln!(out, "\nIt does not import as it is, so there is nothing to compare; mend that first.");
    }
    writeln!(out, "  {:<22}  yes", "main interpreter")?;
    for verdict in &report.verdicts {
        let (answer, why) = match verdict.loads {
            Some(true) => ("yes", conditions(report, verdict.kind)),
            Some(false) => ("no", short(verdict.why.as_deref().unwrap_or_default())),
            None => ("?", short(verdict.why.as_deref().unwrap_or_default())),
        };
        writeln!(out, "  {:<22}  {}", kind(verdict.kind), format!("{answer:<4} {why}").trim_end())?;
    }
    obstacles(out, report)?;
    denied(out, report)?;
    if !report.fallbacks.is_empty() {
        let names: Vec<String> = report.fallbacks.iter().map(|one| with_switch(one, report)).collect();
        writeln!(out)?;
        write_all(out, "Fallbacks (works without its extension modules, which do not load):", &names)?;
    }
    lists::others(out, report)?;
    lists::isolation(out, report)?;
    notes(out, report)?;
    time_limit(out, report)?;
    if report.modules == 0 {
        writeln!(out, "\nIt loads no extension modules but those of the standard library.")?;
    }
    advice(out, report)
}

/// What a yes depends on.
fn conditions(report: &Report, kind: Kind) -> String {
    let mut conditions = Vec::new();
    // Many modules let in whoever comes first, and sub-interpreters that share its GIL after it.
    if kind == Kind::Legacy && report.modules > 0 {
        conditions.push("where the main interpreter has imported it before");
    }
    if report.fallbacks.iter().any(|one| fails(one, kind)) {
        conditions.push("without the extension modules of the fallbacks below");
    }
    conditions.join("; ")
}

/// Whether a distribution's modules do not all load in a kind of interpreter.
fn fails(one: &Distribution, kind: Kind) -> bool {
    one.modules.iter().flat_map(|module| &module.troubles).any(|(other, _)| *other == kind)
}

fn obstacles(out: &mut String, report: &Report) -> std::fmt::Result {
    let (many, of) = (report.obstacles.iter().map(|one| one.modules.len()).sum::<usize>(), report.modules);
    let whole = report.verdicts.iter().all(|verdict| verdict.loads == Some(true));
    if report.obstacles.is_empty() && (report.modules == 0 || !whole) {
        return Ok(());
    }
    if report.obstacles.is_empty() {
        let all = match (report.everywhere, of) {
            (everywhere, of) if everywhere == of => format!("{of} of {of} extension modules load everywhere"),
            (0, 1) => "it goes on without its extension module where that does not load".to_owned(),
            (0, of) => format!("it goes on without its {of} extension modules where they do not load"),
            (everywhere, of) => {
                format!("{everywhere} of {of} extension modules load everywhere, and it goes on without the others")
            }
        };
        return writeln!(out, "\nNothing stands in the way: {all}.");
    }
    writeln!(out, "\nWhat stands in the way ({many} of {of} extension modules), worst first:")?;
    for one in report.obstacles.iter().take(DETAILED) {
        writeln!(out, "  {:<28} {}", named(one), why(one))?;
        let address = one.upstream.as_deref().map(|url| format!("   {url}")).unwrap_or_default();
        writeln!(out, "      {}{address}", one.chain.join(" > "))?;
        if let Some(also) = also(one) {
            writeln!(out, "      {also}")?;
        }
        if let Some(newer) = &one.newer {
            writeln!(out, "      {}", newest(newer))?;
        }
    }
    // Every one is named, however many there are.
    let more: Vec<String> = report.obstacles.iter().skip(DETAILED).map(named).collect();
    if more.is_empty() { Ok(()) } else { write_all(out, "  and (--format json says why)", &more) }
}

fn named(one: &Distribution) -> String {
    format!("{} {}", one.name, one.version.as_deref().unwrap_or_default()).trim_end().to_owned()
}

/// What the application's Python code is denied.
fn denied(out: &mut String, report: &Report) -> std::fmt::Result {
    if !report.denied.is_empty() {
        writeln!(out, "\nWhat such interpreters deny to Python code, in the order in which it comes:")?;
    }
    for one in report.denied.iter().take(SHOWN) {
        let kinds: Vec<&str> = one.kinds.iter().map(|kind| brief(*kind)).collect();
        let message = one.message.split_once(": ").map_or(one.message.as_str(), |(_, message)| message);
        writeln!(out, "  {:<28} {} ({})", one.what, short(message), kinds.join(", "))?;
        writeln!(out, "      {}", one.chain.join(" > "))?;
    }
    match report.denied.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more (--format json has all)"),
    }
}

/// What the newest release would do.
fn newest(newer: &Newer) -> String {
    let Some(version) = &newer.version else {
        let why = newer.why.as_deref().map(short);
        return why.map_or("there is no newer release".to_owned(), |why| format!("a newer release: {why}"));
    };
    let kinds: Vec<&str> = newer.loads.iter().map(|kind| self::kind(*kind)).collect();
    match kinds.is_empty() {
        true => format!("{version} is there, and loads no better"),
        false => format!("{version} loads in {}", kinds.join(" and ")),
    }
}

/// What the modules of a distribution do, the worst by kind.
fn why(one: &Distribution) -> String {
    let mut parts: Vec<(String, Vec<&str>)> = Vec::new();
    for asked in [Kind::Legacy, Kind::Own] {
        let of_kind = one.modules.iter().flat_map(|module| &module.troubles).filter(|(kind, _)| *kind == asked);
        let Some(worst) = of_kind.map(|(_, trouble)| trouble).min() else { continue };
        let (said, name) = (said(worst), brief(asked));
        match parts.iter_mut().find(|(what, _)| *what == said) {
            Some((_, kinds)) => kinds.push(name),
            None => parts.push((said, vec![name])),
        }
    }
    let parts: Vec<String> = parts.iter().map(|(what, kinds)| format!("{what} ({})", kinds.join(", "))).collect();
    parts.join("; ")
}

fn said(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Crashes => "ends the process".to_owned(),
        Trouble::Undeclared => "does not declare support".to_owned(),
        Trouble::Refuses { message } => format!("refuses: {}", short(message)),
        Trouble::Blocked { message } => format!("is kept by another one: {}", short(message)),
    }
}

/// The modules of a distribution in whose way something of another kind stands than what is told of the worst.
fn also(one: &Distribution) -> Option<String> {
    let worst = |module: &Module| module.troubles.iter().map(|(_, trouble)| trouble.clone()).min();
    let told = one.modules.iter().filter_map(worst).min()?;
    let kind = std::mem::discriminant::<Trouble>;
    let others = one.modules.iter().filter_map(|module| Some((module, worst(module)?)));
    let others =
        others.filter(|(_, trouble)| kind(trouble) != kind(&told) && !matches!(trouble, Trouble::Blocked { .. }));
    let words: Vec<String> = others.map(|(module, trouble)| format!("{} {}", module.name, said(&trouble))).collect();
    let more = words.len().saturating_sub(2);
    let more = if more == 0 { String::new() } else { format!("; and {more} more (--format json says why)") };
    (!words.is_empty()).then(|| format!("and {}{more}", words.iter().take(2).cloned().collect::<Vec<_>>().join("; ")))
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

/// A fallback, with the kinds of interpreters that it is needed in, if not in all, and the switch for it.
fn with_switch(one: &Distribution, report: &Report) -> String {
    let mut said: Vec<String> = Vec::new();
    if !report.verdicts.iter().all(|verdict| fails(one, verdict.kind)) {
        said.extend(
            report
                .verdicts
                .iter()
                .map(|verdict| verdict.kind)
                .filter(|kind| fails(one, *kind))
                .map(|kind| brief(kind).to_owned()),
        );
    }
    said.extend(one.switch.clone());
    let said = if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) };
    format!("{}{said}", named(one))
}

fn notes(out: &mut String, report: &Report) -> std::fmt::Result {
    if !report.notes.is_empty() {
        writeln!(out, "\nNot tried, or not to the end:")?;
    }
    for note in report.notes.iter().take(SHOWN) {
        writeln!(out, "  {note}")?;
    }
    match report.notes.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more (--format json has all)"),
    }
}

/// What helps where something is slow.
fn time_limit(out: &mut String, report: &Report) -> std::fmt::Result {
    let Some(seconds) = report.time_limit else { return Ok(()) };
    writeln!(
        out,
        "\nSomething did not come to its end within {seconds} s. \
         If it is slow and does not hang, give it more time: --timeout {}",
        seconds.saturating_mul(4)
    )
}

fn advice(out: &mut String, report: &Report) -> std::fmt::Result {
    let refused = report.verdicts.iter().any(|verdict| verdict.loads == Some(false));
    if !refused && report.obstacles.is_empty() {
        let plain = report.fallbacks.is_empty() && report.modules > 0;
        return if plain {
            writeln!(out, "\nThat a module loads does not show that it is isolated: `insula audit NAME` does.")
        } else {
            Ok(())
        };
    }
    writeln!(out, "\nWhat can be done today:")?;
    let mut given: Vec<&str> = Vec::new();
    for one in &report.denied {
        if !given.contains(&one.what.as_str()) {
            given.push(&one.what);
            writeln!(out, "  {}: {}.", one.what, one.advice)?;
        }
    }
    if !report.obstacles.is_empty() {
        isolate(out, report)?;
    } else if given.is_empty() {
        writeln!(
            out,
            "  No extension module stands in the way: the words above are of Python code, and that is to be changed."
        )?;
    }
    writeln!(out, "  Processes (ProcessPoolExecutor) need nothing of the modules.")?;
    if report.obstacles.is_empty() {
        return Ok(());
    }
    writeln!(out, "  Which of them are isolated, and which line is not: insula audit NAME")
}

/// What private copies of the extension modules would do.
fn isolate(out: &mut String, report: &Report) -> std::fmt::Result {
    let Some(verdict) = &report.isolated else {
        return writeln!(
            out,
            "  insula_isolate gives each interpreter private copies of extension modules, unmodified: install it in \
             this\n  environment (in a checkout of Insula, `maturin build --release -m modules/isolate/Cargo.toml` \
             makes the\n  wheel), and the same command tries it."
        );
    };
    if verdict.loads == Some(true) {
        return writeln!(
            out,
            "  insula_isolate, which gives each interpreter private copies: it loads all of this (tried just now)."
        );
    }
    let why = short(verdict.why.as_deref().unwrap_or("it could not be tried"));
    match verdict.loads {
        Some(_) => writeln!(out, "  insula_isolate does not get it to load: {why}"),
        None => writeln!(out, "  insula_isolate, which gives each interpreter private copies, was not tried: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn an_application_of_many_packages_fits_on_a_screen_and_each_is_named() {
        let refuses = json!([["legacy", { "what": "refuses", "message": "ImportError: no" }]]);
        let one = |name: String| {
            json!({ "name": name, "version": "1.0", "chain": ["shop", name], "upstream": "https://host", "switch": null,
                    "newer": null, "modules": [{ "name": name, "later": false, "troubles": refuses }] })
        };
        let many: Vec<_> = (1..=14).map(|number| one(format!("package{number}"))).collect();
        let report = json!({
            "schema": 1, "entries": ["shop"], "python": "/python", "version": "3.13.0", "reason": "named", "main": null,
            "verdicts": [
                { "kind": "legacy", "loads": false, "why": "no" }, { "kind": "own", "loads": false, "why": "no" },
            ],
            "obstacles": many, "denied": [], "fallbacks": [one("spare".into())], "modules": 16, "everywhere": 1,
            "others": [{ "name": "other", "version": "1.0", "troubles": [], "fallbacks": [], "untried": [] }],
            "loaded": [{ "name": "fine", "file": "/fine.so", "version": null, "isolated": null, "why": null }],
            "isolated": null, "notes": [], "kept": "2026-01-01"
        });
        let text = super::text(&serde_json::from_value(report).unwrap());
        assert!(text.lines().count() <= 40, "{text}");
        assert!((1..=14).all(|number| text.contains(&format!("package{number} 1.0"))), "{text}");
        assert!(text.contains("What stands in the way (14 of 16 extension modules)"), "{text}");
    }

    #[test]
    fn what_else_stands_in_the_way_of_a_distribution_is_told_beside_the_worst() {
        let module = |name: &str, trouble| json!({ "name": name, "later": false, "troubles": [["own", trouble]] });
        let refuses = json!({ "what": "refuses", "message": "ImportError: only once" });
        let undeclared = json!({ "what": "undeclared" });
        let also = |modules: &[serde_json::Value]| {
            let one = json!({ "name": "shop", "version": null, "chain": [], "upstream": null, "switch": null,
                              "newer": null, "modules": modules });
            super::also(&serde_json::from_value(one).unwrap())
        };
        let modules = [module("shop.a", undeclared), module("shop.b", refuses.clone()), module("shop.c", refuses)];
        assert_eq!(also(&modules).as_deref(), Some("and shop.a does not declare support"));
        assert_eq!(also(&modules[1..]), None);
    }
}
