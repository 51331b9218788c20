//! Lists of names in the answer for people: wrapped, and so long that the answer stays on a screen.

use std::fmt::Write;

use super::report::{Kind, Report};
use super::text::brief;
use crate::report::Isolated;

/// How long a line is.
const WIDTH: usize = 120;

/// How many lines a list has that need not be whole.
const LINES: usize = 2;

/// Writes a list of which the beginning is enough; how many names there are besides is said.
fn write_some(out: &mut String, title: &str, names: &[String]) -> std::fmt::Result {
    if names.is_empty() {
        return Ok(());
    }
    let laid = |shown: usize| {
        let mut said = names[..shown].to_vec();
        if shown < names.len() {
            said.push(format!("and {} more (--format json has all)", names.len() - shown));
        }
        lay(title, &said)
    };
    let fitting = (1..=names.len()).rev().map(laid).find(|lines| lines.len() <= LINES);
    writeln!(out, "\n{}", fitting.unwrap_or_else(|| laid(1)).join("\n"))
}

/// Writes a list in which every name counts.
pub(super) fn write_all(out: &mut String, title: &str, names: &[String]) -> std::fmt::Result {
    writeln!(out, "{}", lay(title, names).join("\n"))
}

/// The lines of a title and of names behind it.
fn lay(title: &str, names: &[String]) -> Vec<String> {
    let mut lines = vec![title.to_owned()];
    for (number, name) in names.iter().enumerate() {
        let next = names.get(number + 1).is_some_and(|next| !next.starts_with("and "));
        let comma = if next { "," } else { "" };
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + name.chars().count() + comma.len() <= WIDTH => {
                let _ = write!(line, " {name}{comma}");
            }
            _ => lines.push(format!("    {name}{comma}")),
        }
    }
    lines
}

/// What is installed and not imported.
pub(super) fn others(out: &mut String, report: &Report) -> std::fmt::Result {
    let (mut refusing, mut sparing, mut fine, mut untried) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for other in &report.others {
        let name = format!("{} {}", other.name, other.version);
        // What goes for every kind of interpreter needs no more words.
        let of = |word: &str, kinds: &[Kind]| {
            let all = report.verdicts.iter().all(|verdict| kinds.contains(&verdict.kind));
            let kinds = kinds.iter().map(|kind| brief(*kind)).collect::<Vec<_>>().join(", ");
            if all { name.clone() } else { format!("{name} ({word}{kinds})") }
        };
        let kinds = |told: &[(Kind, String)]| told.iter().map(|(kind, _)| *kind).collect::<Vec<_>>();
        if !other.troubles.is_empty() {
            refusing.push(of("not with ", &kinds(&other.troubles)));
        } else if !other.fallbacks.is_empty() {
            sparing.push(of("", &other.fallbacks));
        } else if other.untried.is_empty() {
            fine.push(name.clone());
        }
        if !other.untried.is_empty() {
            untried.push(of("", &kinds(&other.untried)));
        }
    }
    write_some(out, "Installed, not imported, and would not load:", &refusing)?;
    write_some(out, "Installed, not imported, and would fall back, and work without its extension modules:", &sparing)?;
    write_some(out, "Installed, not imported, and would load:", &fine)?;
    write_some(out, "Installed, not imported, and not tried (--format json says why):", &untried)
}

/// What is known of the modules that load.
pub(super) fn isolation(out: &mut String, report: &Report) -> std::fmt::Result {
    let with = |isolated: Option<Isolated>| report.loaded.iter().filter(move |one| one.isolated == isolated);
    let names = |isolated| with(isolated).map(|one| one.name.clone()).collect::<Vec<_>>();
    let shared = report.loaded.iter().filter(|one| one.isolated.is_some_and(|isolated| isolated != Isolated::Yes));
    let shared: Vec<String> =
        shared.map(|one| format!("{} ({})", one.name, one.why.as_deref().unwrap_or("unknown"))).collect();
    write_some(out, "Loads, but was not found isolated in every question:", &shared)?;
    write_some(out, "Loads everywhere, and is isolated:", &names(Some(Isolated::Yes)))?;
    write_some(out, "Loads everywhere, and was not audited (--deep does that):", &names(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_has_two_lines_and_says_how_many_are_missing() {
        let names = |many: usize| (1..=many).map(|number| format!("package{number} 1.0.{number}")).collect::<Vec<_>>();
        let written = |many: usize| {
            let mut out = String::new();
            write_some(&mut out, "Installed, not imported, and would load:", &names(many)).unwrap();
            out
        };
        assert_eq!(written(0), "");
        assert_eq!(written(2), "\nInstalled, not imported, and would load: package1 1.0.1, package2 1.0.2\n");
        let long = written(60);
        assert_eq!(long.trim().lines().count(), LINES, "{long}");
        assert!(long.lines().all(|line| line.chars().count() <= WIDTH), "{long}");
        let (shown, rest) = long.trim_end().split_once(" and ").and_then(|(_, rest)| rest.split_once(" and ")).unwrap();
        assert_eq!(rest, format!("{} more (--format json has all)", 60 - shown.matches("package").count()));
        // One name that has no place is named all the same.
        let mut out = String::new();
        write_some(&mut out, "title:", &["x".repeat(2 * WIDTH), "y".to_owned()]).unwrap();
        assert!(out.contains("xxx") && out.contains("and 1 more"), "{out}");
        // Where every name counts, there is none that is left out.
        let mut out = String::new();
        write_all(&mut out, "Fallbacks:", &names(60)).unwrap();
        assert!(names(60).iter().all(|name| out.contains(name.as_str())), "{out}");
        assert!(out.lines().all(|line| line.chars().count() <= WIDTH) && out.lines().count() > LINES, "{out}");
    }
}
