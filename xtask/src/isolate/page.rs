//! `docs/isolate-evidence.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use anyhow::Result;
use insula_pythons::Interpreter;
use serde_json::Value;

use crate::isolate::packages::{self, Package};
use crate::isolate::trial::{self, Difference};
use crate::isolate::{SUITES_AT_ONCE, record};

pub(crate) const DOCUMENT: &str = "docs/isolate-evidence.md";

const INTRODUCTION: &str = "\
# What insula_isolate shows with the packages that people use

`cargo xtask isolate --tests --write` makes this page. It takes wheels from PyPI as they are, at the versions that
`tests/isolate/real/pins/` names: the newest ones on the day of the pinning. A package that is not there for a version
of CPython had no wheel for it.

## What the columns mean

**Loads.** Eight interpreters of one process, each with a GIL of its own, import the package at the same moment and use
it 20 times (`tests/isolate/real/uses/NAME.py`: not only an import, but what people do with it, errors and callbacks
included). Each result is compared with that of the main interpreter of another process, without insula_isolate. The
interpreters end in random order, some of them while others still work; one more comes after them. All of it under
CPython's debug allocator, but on 3.12, which takes that away, and back again, for a moment while it makes an
interpreter. *Yes* means: no crash, no error, no wrong result. On CPython 3.11, which has no interpreters with their own
GILs, two legacy interpreters use it, one after the other and then in turn.

**Without.** The same in one further interpreter without insula_isolate, on 3.11 in the second of two: what the package
or CPython says. *Works* means that it needs no copy; *another result*, that it fell back to Python code which answers
otherwise.

**Proof.** While three interpreters with the package are alive, each calls `insula_isolate.verify()`. It reads all
variables of the private images: none may hold the address of an object of another interpreter, and no image may be in
two. On 3.11, what CPython's own extension modules give to all interpreters alike, such as the class `socket.gaierror`,
is not counted.

**Copies.** The images that an interpreter has: the extension modules that were copied, and their bundled libraries.

**Memory.** What the process grows by (proportional set size) when the main interpreter imports the package and uses it,
and when a further interpreter does, in MB. Of the latter, an interpreter without the package takes the part that is
said at the head of the table. Each is the least of three.

**Import.** The seconds that the imports take in the main interpreter, and in a further one. Both are the least of the
runs, and the files were read before.

**Own tests.** The package's own test suite, or a part of it, in four interpreters at once of one process, beside the
same in the main interpreter: passed / failed / skipped. *Same* means that each test ended in each of the four as it
did in the main interpreter. What ended otherwise is listed below, with the reason.

";

/// What is not tried on 3.12: see `ENDS_WELL` in `tests/isolate/real/interpreters.py`.
const ENDS_OF_3_12: &str = "\
The interpreters end as on other versions, but the process ends without the end of the main one: that of CPython 3.12.1
crashes if an interpreter with a GIL of its own has imported `hashlib` or `asyncio`, without insula_isolate, too.";

/// What earlier runs left.
struct Records {
    uses: BTreeMap<String, Value>,
    tests: BTreeMap<String, Value>,
}

impl Records {
    fn of(python: &Interpreter, all: &[Package]) -> Self {
        let read = |what| {
            let of = |package: &Package| {
                let text = fs::read(record(python, package, what)).ok()?;
                Some((package.name.clone(), serde_json::from_slice(&text).ok()?))
            };
            all.iter().filter_map(of).collect()
        };
        Self { uses: read("uses"), tests: read("tests") }
    }
}

pub(crate) fn text(pythons: &[Interpreter], all: &[Package]) -> Result<String> {
    let mut text = INTRODUCTION.to_owned();
    let records: Vec<Records> = pythons.iter().map(|python| Records::of(python, all)).collect();
    let pins = pythons.iter().map(|python| packages::pins(&packages::pins_file(python))).collect::<Result<Vec<_>>>()?;
    writeln!(text, "## In short\n")?;
    let heads: Vec<String> = pythons.iter().map(head).collect();
    writeln!(text, "| | {} |\n| --- |{}", heads.join(" | "), " --- |".repeat(heads.len()))?;
    let mut row = |name: &str, cell: &dyn Fn(usize) -> String| {
        let cells: Vec<String> = (0..pythons.len()).map(cell).collect();
        writeln!(text, "| {name} | {} |", cells.join(" | "))
    };
    row("packages with a wheel, tried", &|at| records[at].uses.len().to_string())?;
    let count = |at: usize, fits: &dyn Fn(&Value) -> bool| {
        records[at].uses.values().filter(|record| fits(&record["shown"])).count().to_string()
    };
    row("load and work", &|at| count(at, &|shown| trial::faults(shown).is_empty()))?;
    row("proved", &|at| count(at, &|shown| trial::unproved(shown).is_empty()))?;
    row("work without insula_isolate", &|at| count(at, &|shown| without(shown) == "works"))?;
    row("own test suites run", &|at| records[at].tests.len().to_string())?;
    let same = |record: &&Value| trial::differences(&record["shown"]).is_ok_and(|found| found.is_empty());
    row("of these, the same in four interpreters", &|at| records[at].tests.values().filter(same).count().to_string())?;

    writeln!(text, "\n## Loads, by package\n\n| | {} |\n| --- |{}", heads.join(" | "), " --- |".repeat(heads.len()))?;
    for package in all {
        write!(text, "| {} |", package.name)?;
        for ((records, pins), python) in records.iter().zip(&pins).zip(pythons) {
            let pinned = pins.contains_key(&packages::normal(&package.name));
            let cell = match records.uses.get(&package.name) {
                Some(record) if trial::faults(&record["shown"]).is_empty() => "yes",
                Some(_) => "**no**",
                None if pinned && package.known(&packages::version(python)).is_some() => "**no**, not counted",
                None if pinned => "not tried",
                None => "no wheel",
            };
            write!(text, " {cell} |")?;
        }
        writeln!(text)?;
    }
    for (python, records) in pythons.iter().zip(&records) {
        section(&mut text, python, records, all)?;
    }
    differences(&mut text, pythons, &records, all)?;
    Ok(text)
}

fn head(python: &Interpreter) -> String {
    let legacy = if python.version.feature() < (3, 12) { ", legacy" } else { "" };
    format!("{}{legacy}", python.version)
}

fn section(text: &mut String, python: &Interpreter, records: &Records, all: &[Package]) -> Result<()> {
    let version = packages::version(python);
    writeln!(text, "\n## CPython {}\n", head(python))?;
    let dates: BTreeSet<&str> =
        records.uses.values().chain(records.tests.values()).filter_map(|record| record["date"].as_str()).collect();
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else {
        writeln!(text, "Not tried yet.")?;
        return Ok(());
    };
    let when = if first == last { (*first).to_owned() } else { format!("from {first} to {last}") };
    writeln!(
        text,
        "Seen {when} on CPython {} ({}).",
        python.facts.full_version.replace('\n', " "),
        python.facts.platform
    )?;
    let bare = records.uses.values().flat_map(|record| least(&record["shown"]["cost"]["said"]["bare"], "kb"));
    if let Some(bare) = bare.reduce(f64::min) {
        writeln!(text, "A further interpreter with insula_isolate alone takes {:.1} MB.", bare / 1024.0)?;
    }
    if python.version.feature() == (3, 12) {
        writeln!(text, "{ENDS_OF_3_12}")?;
    }
    writeln!(
        text,
        "\n| | version | loads | without | proof | copies | memory: main / further | import: main / further | own \
         tests |"
    )?;
    writeln!(text, "| --- | --- | --- | --- | --- | ---: | ---: | ---: | --- |")?;
    let mut reasons = String::new();
    for package in all {
        let Some(record) = records.uses.get(&package.name) else {
            if let Some(known) = package.known(&version) {
                writeln!(reasons, "* {}: {known}", package.name)?;
            }
            continue;
        };
        let shown = &record["shown"];
        let mut faults = trial::faults(shown);
        let loads = if faults.is_empty() { "yes" } else { "**no**" };
        let unproved = trial::unproved(shown);
        let proof = if unproved.is_empty() { "yes" } else { "**no**" };
        if faults.is_empty() {
            faults = unproved;
        }
        if !faults.is_empty() || package.known(&version).is_some() {
            let faults: Vec<String> = faults.iter().map(|fault| format!("`{}`", short(fault, 300))).collect();
            let known = package.known(&version).unwrap_or_default();
            let join = if faults.is_empty() || known.is_empty() { "" } else { " " };
            writeln!(reasons, "* {}: {}{join}{known}", package.name, faults.join(", "))?;
        }
        let cost = &shown["cost"]["said"];
        let main = &shown["main"]["said"];
        let megabytes = |kb: Option<f64>| kb.map_or("?".to_owned(), |kb| format!("{:.1}", kb / 1024.0));
        let seconds = |time: Option<f64>| time.map_or("?".to_owned(), |time| format!("{time:.2}"));
        let image_count = shown.pointer("/proof/said/interpreters/0/images/0").and_then(Value::as_u64);
        let tests = records.tests.get(&package.name).map_or_else(String::new, |record| tests(&record["shown"]));
        writeln!(
            text,
            "| {} | {} | {loads} | {} | {proof} | {} | {} / {} | {} / {} | {tests} |",
            package.name,
            record["version"].as_str().unwrap_or_default(),
            without(shown),
            image_count.map_or_else(String::new, |count| count.to_string()),
            megabytes(main["used_kb"].as_f64()),
            megabytes(least(&cost["interpreters"], "kb")),
            seconds(main["import_s"].as_f64()),
            seconds(least(&cost["interpreters"], "import_s")),
        )?;
    }
    if !reasons.is_empty() {
        writeln!(text, "\nWhy not, and what is to be known:\n\n{}", reasons.trim_end())?;
    }
    Ok(())
}

/// The least of a figure, of several runs.
fn least(runs: &Value, figure: &str) -> Option<f64> {
    runs.as_array()?.iter().filter_map(|run| run[figure].as_f64()).reduce(f64::min)
}

/// How the package fares in a further interpreter as it is.
fn without(shown: &Value) -> String {
    let run = &shown["without"];
    match run.pointer("/said/error").and_then(Value::as_str) {
        Some(error) => {
            let error = trial::first_line(error);
            // What CPython says, for most of them.
            if error.contains("does not support loading in subinterpreters") {
                return "refused by CPython".to_owned();
            }
            format!("`{}`", short(&error, 90))
        }
        None if run["well"] != true => run["ending"].as_str().unwrap_or("?").to_owned(),
        None if run.pointer("/said/wrong/0").is_some() => "another result".to_owned(),
        None => "works".to_owned(),
    }
}

/// A package's own tests in one cell.
fn tests(shown: &Value) -> String {
    match trial::differences(shown) {
        Err(why) => format!("**no**: `{}`", short(&why, 120)),
        Ok(found) if found.is_empty() => format!("{}, same", counts(shown)),
        Ok(found) => {
            let tests: BTreeSet<&str> = found.iter().map(|one| &*one.test).collect();
            format!("{}, {} otherwise", counts(shown), tests.len())
        }
    }
}

/// Passed / failed / skipped, in the main interpreter and in the others.
pub(crate) fn counts(shown: &Value) -> String {
    let words = |one: &Value| trial::counts(one).map_or("?".to_owned(), |[a, b, c]| format!("{a}/{b}/{c}"));
    let main = words(&shown["main"]["said"][0]);
    let isolated = shown["isolated"]["said"].as_array();
    let isolated: BTreeSet<String> = isolated.into_iter().flatten().map(words).filter(|words| *words != main).collect();
    if isolated.is_empty() { main } else { format!("{main}, in the four {}", Vec::from_iter(isolated).join(" and ")) }
}

/// Why a test ends otherwise, if `packages.toml` says so.
pub(crate) fn explained<'a>(package: &'a Package, one: &Difference) -> Option<&'a str> {
    let reasons = package.tests.iter().flat_map(|tests| &tests.otherwise);
    let mut fitting = reasons.filter(|(part, _)| one.test.contains(part.as_str()) || one.why.contains(part.as_str()));
    fitting.next().map(|(_, why)| why.as_str())
}

fn differences(text: &mut String, pythons: &[Interpreter], records: &[Records], all: &[Package]) -> Result<()> {
    writeln!(
        text,
        "\n## Own tests: what is not run, and what ends otherwise\n\n\
         The suites run in {SUITES_AT_ONCE} interpreters at once, under pytest; the environment variables of one \
         interpreter are\n\
         not given to the process, since its other threads may read them at that moment.\n"
    )?;
    for package in all {
        let Some(tests) = &package.tests else { continue };
        let mut lines = String::new();
        for (test, why) in &tests.without {
            writeln!(lines, "* not run: `{test}`: {why}")?;
        }
        for (setting, why) in &tests.environment {
            writeln!(lines, "* run with `{setting}`: {why}")?;
        }
        let mut found: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for (python, records) in pythons.iter().zip(records) {
            let Some(record) = records.tests.get(&package.name) else { continue };
            for one in trial::differences(&record["shown"]).unwrap_or_default() {
                let why = match explained(package, &one) {
                    Some(why) => why.to_owned(),
                    None => format!("`{}` (not explained)", short(&one.why, 200)),
                };
                let test =
                    format!("`{}`: {}, in the main interpreter {}", short(&one.test, 160), one.isolated, one.main);
                found.entry((test, why)).or_default().insert(packages::version(python));
            }
        }
        // Many tests with one reason are one line.
        let mut grouped: BTreeMap<&str, Vec<(&str, String)>> = BTreeMap::new();
        for ((test, why), versions) in &found {
            let versions = Vec::from_iter(versions.iter().map(String::as_str)).join(", ");
            grouped.entry(why).or_default().push((test, versions));
        }
        for (why, tests) in grouped {
            if tests.len() > 12 {
                let (first, versions) = &tests[0];
                writeln!(lines, "* {} tests such as {first} ({versions}): {why}", tests.len())?;
            } else {
                tests.iter().try_for_each(|(test, versions)| writeln!(lines, "* {test} ({versions}): {why}"))?;
            }
        }
        if !lines.is_empty() {
            writeln!(text, "### {}\n\n{lines}", package.name)?;
        }
    }
    Ok(())
}

/// One line, cut, without what would end a table's cell.
fn short(text: &str, most: usize) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "/").replace('`', "'");
    // Paths of this machine say nothing.
    let words = line.split(' ').map(|word| match word.rfind("/site-packages/") {
        Some(at) => word[at + 1..].to_owned(),
        None => word.to_owned(),
    });
    let line = words.collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most { line } else { line.chars().take(most).chain("...".chars()).collect() }
}
