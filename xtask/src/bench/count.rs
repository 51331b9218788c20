//! Instructions per operation, counted by callgrind.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use insula_pythons::Interpreter;

use crate::bench::peers::{Built, Compiler, folder, sources};
use crate::process;

/// How often each statement is run. Counts repeat; more loops only even out what happens seldom.
const LOOPS: u32 = 1000;

/// Time for one peer, under callgrind, on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Instructions per operation, by row.
pub(crate) type Counts = BTreeMap<String, f64>;

/// One row of `rows.py`.
pub(crate) struct Row {
    pub(crate) key: String,
    pub(crate) title: String,
    /// How many operations one run of the statement does.
    operations: f64,
}

/// The rows, as `rows.py` has them.
pub(crate) fn rows(python: &Interpreter) -> Result<Vec<Row>> {
    let script = "import sys; sys.path.insert(0, sys.argv[1]); import rows\n\
                  for key, (title, _, _, operations) in rows.ROWS.items(): print(key, operations, title, sep='\\t')";
    let mut command = Command::new(&python.executable);
    command.args(["-I", "-B", "-c", script]).arg(sources());
    let said = process::run(&mut command, TIMEOUT)?.ok("rows.py")?;
    let row = |line: &str| {
        let mut words = line.split('\t');
        let (key, operations) = (words.next()?.to_owned(), words.next()?.parse().ok()?);
        Some(Row { key, title: words.next()?.to_owned(), operations })
    };
    said.lines().map(|line| row(line).with_context(|| format!("rows.py says {line:?}"))).collect()
}

/// The module that marks the points between which instructions are counted.
pub(crate) fn counter(python: &Interpreter) -> Result<()> {
    let folder = folder(python).join("counter");
    fs::create_dir_all(&folder)?;
    let compiler = Compiler { python, folder: &folder };
    let out = folder.join(format!("counter{}", python.facts.ext_suffix));
    compiler.run("cc", &[], &[], &[&sources().join("c/counter.c")], &out)?;
    Ok(())
}

/// What a script dumped, by label.
pub(crate) type Dumps = BTreeMap<String, u64>;

/// Runs a script of the benchmark under callgrind.
pub(crate) fn under_callgrind(python: &Interpreter, script: &str, arguments: &[&str]) -> Result<Dumps> {
    let dumps = dumped(python, script, arguments)?;
    dumps.iter().map(|text| read_dump(text)).filter_map(Result::transpose).collect()
}

/// Runs a script of the benchmark under callgrind; the texts of the dumps.
pub(crate) fn dumped(python: &Interpreter, script: &str, arguments: &[&str]) -> Result<Vec<String>> {
    let dumps = tempfile::tempdir()?;
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "-q"]);
    command.arg(format!("--callgrind-out-file={}", dumps.path().join("dump").display()));
    command.arg(&python.executable).arg("-s").arg(sources().join(script)).args(arguments);
    command.env("PYTHONPATH", folder(python).join("counter")).env("PYTHONHASHSEED", "0");
    // Threads that wait for work would be counted, too.
    command.env("OPENBLAS_NUM_THREADS", "1");
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    process::run(&mut command, TIMEOUT)?.ok(script)?;
    let files = fs::read_dir(dumps.path())?.flatten();
    files.map(|entry| fs::read_to_string(entry.path()).context("a dump of callgrind")).collect()
}

/// The label and the number of instructions of a dump that the script asked for.
pub(crate) fn read_dump(text: &str) -> Result<Option<(String, u64)>> {
    let after = |prefix: &str| text.lines().find_map(|line| line.strip_prefix(prefix));
    let Some(label) = after("desc: Trigger: Client Request: ") else {
        return Ok(None);
    };
    let Some(count) = after("summary: ") else {
        bail!("a dump of callgrind without a sum");
    };
    Ok(Some((label.to_owned(), count.trim().parse()?)))
}

/// The instructions of one loop of what was dumped for no loops and for so many.
pub(crate) fn per_loop(dumps: &Dumps, key: &str, loops: u32) -> Result<f64> {
    let at = |loops: u32| {
        let found = dumps.get(&format!("{key} {loops}"));
        found.copied().with_context(|| format!("callgrind counted nothing for {key}"))
    };
    #[allow(clippy::cast_precision_loss, reason = "far below what a double holds exactly")]
    Ok((at(loops)? as f64 - at(0)? as f64) / f64::from(loops))
}

/// Counts the rows for one peer: a loop less the empty loop, each less what no loops take.
pub(crate) fn count(python: &Interpreter, built: &Built, rows: &[&Row]) -> Result<Counts> {
    let file = built.file.to_string_lossy();
    let loops = LOOPS.to_string();
    let rows: Vec<&&Row> =
        rows.iter().filter(|row| row.key != "buffer" || !built.peer.exceptions.contains(&"no-buffer")).collect();
    let mut arguments: Vec<&str> = vec![&file, &loops];
    arguments.extend(rows.iter().map(|row| row.key.as_str()));
    let dumps = under_callgrind(python, "count.py", &arguments)?;
    let of = |key: &str| per_loop(&dumps, key, LOOPS).context(built.peer.title);
    let empty = of("empty")?;
    rows.iter().map(|row| Ok((row.key.clone(), (of(&row.key)? - empty) / row.operations))).collect()
}

#[cfg(test)]
mod tests {
    use super::read_dump;

    #[test]
    fn a_dump_is_read_by_its_label() {
        let text = "version: 1\ndesc: Trigger: Client Request: call0 1000\nsummary: 1234\nfn=(1) x\n1 5\ntotals: 99\n";
        assert_eq!(read_dump(text).unwrap(), Some(("call0 1000".to_owned(), 1234)));
        assert_eq!(read_dump("desc: Trigger: Program termination\nsummary: 99\n").unwrap(), None);
    }
}
