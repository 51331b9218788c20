//! What a module costs beside its calls: size, imports, memory.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use insula_pythons::Interpreter;

use crate::bench::peers::{Built, sources};
use crate::bench::{count, stripped_size};
use crate::process;

/// How often a time is taken, for the least.
const ROUNDS: usize = 7;

/// The costs; an error says why there is none.
pub(crate) struct Costs {
    /// Bytes of the stripped file.
    pub(crate) size: u64,
    /// Nanoseconds to import it in a new process.
    pub(crate) import_first: Result<u64, String>,
    /// Nanoseconds to import it in a further interpreter, with its own GIL.
    pub(crate) import_further: Result<u64, String>,
    /// Instructions that the latter takes.
    pub(crate) import_instructions: Result<u64, String>,
    /// Bytes of resident memory per instance.
    pub(crate) instance: Result<u64, String>,
    /// Bytes that one more import takes.
    pub(crate) again: Result<u64, String>,
}

pub(crate) fn measure(python: &Interpreter, built: &Built) -> Result<Costs> {
    let size =
        if built.file.extension().is_some_and(|ending| ending == "py") { 0 } else { stripped_size(&built.file)? };
    let import_further = figure(python, built, "import-further", ROUNDS)?;
    let import_instructions = match &import_further {
        Ok(_) => {
            let file = built.file.to_string_lossy();
            let found = count::under_callgrind(python, "count_import.py", &[&file]);
            found.ok().and_then(|found| found.get("import").copied()).ok_or_else(|| "not counted".to_owned())
        }
        Err(why) => Err(why.clone()),
    };
    Ok(Costs {
        size,
        import_first: figure(python, built, "import-first", ROUNDS)?,
        import_further,
        import_instructions,
        instance: figure(python, built, "instance", 1)?,
        again: figure(python, built, "again", 1)?,
    })
}

/// The least of some runs of `costs.py`, each in a process of its own, which may well crash.
fn figure(python: &Interpreter, built: &Built, what: &str, rounds: usize) -> Result<Result<u64, String>> {
    let mut best: Option<u64> = None;
    for _ in 0..rounds {
        let mut command = Command::new(&python.executable);
        command.args(["-B", "-s"]).arg(sources().join("costs.py")).arg(what).arg(&built.file);
        let outcome = process::run(&mut command, Duration::from_secs(120))?;
        let said = outcome.stdout.trim();
        match said.parse::<u64>() {
            Ok(figure) if outcome.success() => best = Some(best.map_or(figure, |best| best.min(figure))),
            _ if said.starts_with("refused") => return Ok(Err("refuses".to_owned())),
            _ if outcome.success() => return Ok(Err("none".to_owned())),
            _ => return Ok(Err(format!("crashes ({})", outcome.ending()))),
        }
    }
    Ok(best.ok_or_else(|| "none".to_owned()))
}
