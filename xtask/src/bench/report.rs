//! The report: tables in Markdown, and their place in `docs/benchmarks.md`.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use insula_pythons::Interpreter;

use crate::bench::count::Row;
use crate::bench::tools::Tools;
use crate::bench::verdicts::Verdict;
use crate::bench::{Measured, bars, charts_folder};
use crate::workspace;

/// The peer that ratios are taken against.
pub(crate) const REFERENCE: &str = "howto";

/// The section on one interpreter.
pub(crate) fn text(
    python: &Interpreter,
    measured: &[Measured],
    rows: &[&Row],
    tools: Option<&Tools>,
) -> Result<String> {
    let mut text = String::new();
    writeln!(text, "Measured on {}, {}.", date(), versions(python, tools)?)?;
    writeln!(text, "\n### Instructions per operation\n")?;
    header(&mut text, measured)?;
    for row in rows {
        write!(text, "| `{}` |", row.title)?;
        for one in measured {
            match one.counts.get(&row.key) {
                Some(count) => write!(text, " {count:.0} |")?,
                None => write!(text, " |")?,
            }
        }
        writeln!(text)?;
    }
    let bars = bars::lines(measured);
    if !bars.is_empty() {
        writeln!(text, "\n### The bars\n\n| Insula | measured | bar | |\n| --- | --- | --- | --- |")?;
        bars.iter().try_for_each(|line| writeln!(text, "{line}"))?;
    }
    if let Some(reference) = measured.iter().find(|one| one.built.peer.key == REFERENCE && !one.times.is_empty()) {
        writeln!(text, "\n### Times, as multiples of C, HOWTO: the least of the rounds (the median)\n")?;
        header(&mut text, measured)?;
        for row in rows {
            let Some(&(least, median)) = reference.times.get(&row.key) else { continue };
            write!(text, "| `{}`, {least:.1} ns |", row.title)?;
            for one in measured {
                match one.times.get(&row.key) {
                    Some((a, b)) => write!(text, " {:.2} ({:.2}) |", a / least, b / median)?,
                    None => write!(text, " |")?,
                }
            }
            writeln!(text)?;
        }
    }
    if measured.iter().any(|one| one.costs.is_some()) {
        costs(&mut text, measured)?;
    }
    Ok(text)
}

fn header(text: &mut String, measured: &[Measured]) -> Result<()> {
    write!(text, "| |")?;
    for one in measured {
        write!(text, " {} |", title(one))?;
    }
    write!(text, "\n| --- |")?;
    measured.iter().try_for_each(|_| write!(text, " ---: |"))?;
    writeln!(text)?;
    Ok(())
}

/// The peer's name, with a star if the auditor found that its module is not isolated.
fn title(one: &Measured) -> String {
    let star = if one.verdict.as_ref().and_then(|verdict| verdict.isolated) == Some(false) { "\\*" } else { "" };
    format!("{}{star}", one.built.peer.title)
}

fn costs(text: &mut String, measured: &[Measured]) -> Result<()> {
    writeln!(text, "\n### What a module costs, and the auditor's verdict on these very files\n")?;
    header(text, measured)?;
    let mut line = |name: &str, cell: &dyn Fn(&Measured) -> String| -> Result<()> {
        let cells: Vec<String> = measured.iter().map(cell).collect();
        writeln!(text, "| {name} | {} |", cells.join(" | "))?;
        Ok(())
    };
    line("isolated", &|one| {
        let word = |verdict: &Verdict| match verdict.isolated {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not known",
        };
        one.verdict.as_ref().map_or_else(String::new, |verdict| word(verdict).to_owned())
    })?;
    line("answers that are no yes", &|one| {
        one.verdict.as_ref().map_or_else(String::new, |verdict| verdict.answers.replace(' ', ", "))
    })?;
    line("stripped size, KB", &|one| match &one.costs {
        Some(costs) if costs.size > 0 => format!("{:.0}", costs.size as f64 / 1000.0),
        _ => String::new(),
    })?;
    line("compile time, s", &|one| {
        one.built.compile.map_or_else(String::new, |time| format!("{:.1}", time.as_secs_f64()))
    })?;
    type Of = fn(&crate::bench::costs::Costs) -> &Result<u64, String>;
    let of: [(&str, Of, f64); 5] = [
        ("first import, us", |costs| &costs.import_first, 1000.0),
        ("import into a further interpreter, us", |costs| &costs.import_further, 1000.0),
        ("the same, thousands of instructions", |costs| &costs.import_instructions, 1000.0),
        ("memory per `Counter`, bytes", |costs| &costs.instance, 1.0),
        ("memory for one more import, bytes", |costs| &costs.again, 1.0),
    ];
    for (name, of, unit) in of {
        line(name, &|one| match one.costs.as_ref().map(of) {
            Some(Ok(figure)) => format!("{:.0}", *figure as f64 / unit),
            Some(Err(why)) => why.clone(),
            None => String::new(),
        })?;
    }
    Ok(())
}

/// Today, as the machine has it.
pub(crate) fn date() -> String {
    first_line("date", &["--utc", "+%Y-%m-%d"])
}

fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    said.lines().next().unwrap_or("?").trim().to_owned()
}

fn versions(python: &Interpreter, tools: Option<&Tools>) -> Result<String> {
    let mut versions = vec![format!("CPython {} ({})", python.version, python.facts.platform)];
    versions.push(first_line("rustc", &["--version"]));
    versions.push(format!("cc {}", first_line("cc", &["-dumpfullversion"])));
    let lock = fs::read_to_string(workspace::root().join("bench/pyo3/Cargo.lock"))?;
    let pyo3 = lock.split("[[package]]").find(|package| package.contains("name = \"pyo3\"\n"));
    let pyo3 = pyo3.and_then(|package| package.lines().find_map(|line| line.strip_prefix("version = ")));
    versions.push(format!("PyO3 {}", pyo3.unwrap_or("?").trim_matches('"')));
    if tools.is_some() {
        let requirements = fs::read_to_string(workspace::root().join("bench/requirements.txt"))?;
        versions.extend(
            requirements.lines().filter(|line| !line.starts_with("setuptools")).map(|line| line.replace("==", " ")),
        );
    }
    versions.push(first_line("valgrind", &["--version"]));
    versions.push(format!("{} cores", std::thread::available_parallelism().map_or(0, usize::from)));
    Ok(versions.join(", "))
}

/// Puts the section in its place in the page, and the chart beside it.
pub(crate) fn write(python: &Interpreter, text: &str, chart: &str) -> Result<()> {
    let (major, minor) = python.version.feature();
    let version = format!("{major}.{minor}");
    let picture = format!("instructions-{version}.svg");
    fs::write(charts_folder()?.join(&picture), chart)?;
    let alt = "Instructions per operation as multiples of HOWTO-style C";
    section(PAGE, &version, &format!("## CPython {version}\n\n![{alt}](benchmarks/{picture})\n\n{text}"))
}

/// The page of the comparison.
pub(crate) const PAGE: &str = "docs/benchmarks.md";

/// Replaces a section of a page, or adds it at the end.
pub(crate) fn section(page: &str, name: &str, text: &str) -> Result<()> {
    let path = workspace::root().join(page);
    let before = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    fs::write(&path, replaced(&before, name, text))?;
    Ok(())
}

fn replaced(page: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- measured: {name} -->"), format!("<!-- end of {name} -->"));
    let section = format!("{begin}\n{}\n{end}", text.trim_end());
    match (page.find(&begin), page.find(&end)) {
        (Some(from), Some(to)) if from < to => format!("{}{section}{}", &page[..from], &page[to + end.len()..]),
        _ => format!("{}\n\n{section}\n", page.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn a_section_is_added_once_and_then_replaced() {
        let page = replaced("# Title\n", "3.13", "first");
        assert_eq!(page, "# Title\n\n<!-- measured: 3.13 -->\nfirst\n<!-- end of 3.13 -->\n");
        let page = replaced(&page, "3.14", "other");
        let page = replaced(&page, "3.13", "second");
        assert!(page.contains("second") && page.contains("other") && !page.contains("first"));
    }
}
