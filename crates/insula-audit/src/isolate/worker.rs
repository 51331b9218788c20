//! How the workers of an audit with `--isolate` are run: what they are told, and what they leave behind.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::strings;
use crate::observe::Lab;
use crate::trouble::Trouble;
use crate::worker::{self, Launch, Limits, WorkerError};

const CORE: &str = include_str!("../probe/core.py");
const CALLS: &str = include_str!("../probe/calls.py");
const INTERPRETERS: &str = include_str!("../probe/scenarios.py");
const REPEATS: &str = include_str!("../probe/repeats.py");
const INSIDE: &str = include_str!("inside.py");
const SCENARIOS: &str = include_str!("scenarios.py");

/// Several interpreters share one process, so the time for a single one is too short.
const TIMES: u32 = 4;
const MEMORY: u64 = 12 << 30;

/// What a worker is to do.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Plan {
    /// The scenario's function, without its prefix.
    pub(super) scenario: &'static str,
    /// Folders put before `sys.path`.
    pub(super) roots: Vec<PathBuf>,
    /// What is imported before the modules.
    pub(super) first: Vec<String>,
    /// The modules.
    pub(super) modules: Vec<String>,
    /// Those whose functions must not be called blindly.
    #[serde(rename = "unsafe")]
    pub(super) unsafe_names: Vec<String>,
    /// Whether insula_isolate is installed.
    pub(super) isolate: bool,
    /// A control imports only these.
    pub(super) control: bool,
    /// What the target imported of the standard library.
    pub(super) dependencies: Vec<String>,
    /// Only the first interpreter imports the target.
    pub(super) absent: bool,
    /// `own` or `legacy`.
    pub(super) gil: &'static str,
    /// How many interpreters, beside the main one.
    pub(super) width: usize,
    /// How often.
    pub(super) rounds: u32,
    /// How many interpreters one after the other.
    pub(super) cycles: u32,
    /// `all`, `some` (constructors only) or `none`.
    pub(super) calls: &'static str,
    /// How many calls of one module.
    pub(super) most_calls: usize,
    /// Whether a call has a time limit of its own.
    pub(super) timed: bool,
    /// Calls that ended an earlier worker, by module.
    pub(super) avoided: BTreeMap<String, Vec<String>>,
    /// Calls that only the first interpreter makes, by module.
    pub(super) only_first: BTreeMap<String, Vec<String>>,
    /// The calls to make and what they come to, by module; none of a module: all that there are.
    pub(super) known_calls: BTreeMap<String, BTreeMap<String, Option<String>>>,
    /// Decides about orders.
    pub(super) seed: u64,
    /// Whether freed memory is overwritten.
    #[serde(skip)]
    pub(super) malloc_debug: bool,
}

impl Plan {
    /// The same without the target.
    pub(super) fn control(&self) -> Self {
        Self { control: true, calls: "none", modules: Vec::new(), first: Vec::new(), ..self.clone() }
    }

    fn script(&self, folder: &Path) -> String {
        let mut config = match (worker::channel_config(), serde_json::to_value(self)) {
            (Value::Object(mut channel), Ok(Value::Object(plan))) => {
                channel.extend(plan);
                channel
            }
            _ => Map::new(),
        };
        // What the shared parts of the probe ask for.
        let more = json!({
            "folder": folder.to_string_lossy(), "name": "", "path": "", "use": true, "avoid": [], "override": false,
            "preload": [],
        });
        if let Value::Object(more) = more {
            config.extend(more);
        }
        let quoted = |text: &str| Value::from(text).to_string();
        format!(
            "true, false, null = True, False, None\nWHERE = 'main interpreter'\nCONFIG = {}\nCORE = {}\nINSIDE = {}\n\
             exec(compile(CORE, '<insula probe>', 'exec'))\nexec(compile({}, '<insula scenarios>', 'exec'))\n\
             exec(compile(INSIDE, '<insula inside>', 'exec'))\nmain()\n",
            Value::Object(config),
            quoted(CORE),
            quoted(&format!("{CALLS}\n{INSIDE}")),
            quoted(&format!("{INTERPRETERS}\n{REPEATS}\n{SCENARIOS}")),
        )
    }
}

/// What a worker left behind.
pub(super) struct Ended {
    folder: tempfile::TempDir,
    /// What went wrong.
    pub(super) trouble: Option<Trouble>,
    /// The module whose calls were made last.
    pub(super) module: Option<String>,
    /// The module that was imported last.
    pub(super) importing: Option<String>,
    /// The last call that was begun.
    pub(super) attempt: Option<String>,
}

impl Ended {
    /// A file that the worker wrote.
    pub(super) fn file(&self, name: &str) -> Option<Value> {
        read(self.folder.path(), name)
    }

    /// The imports that failed, of all these files: class and text by module.
    pub(super) fn errors(&self, names: &[&str]) -> BTreeMap<String, (String, String)> {
        names.iter().filter_map(|name| self.file(name)).flat_map(|file| errors(&file)).collect()
    }

    /// The same, where they are a part of the file.
    pub(super) fn errors_in(&self, names: &[&str], part: &str) -> BTreeMap<String, (String, String)> {
        names.iter().filter_map(|name| self.file(name)).flat_map(|file| errors(&file[part])).collect()
    }

    /// The calls that an interpreter recorded, by module.
    pub(super) fn known_calls(&self, number: usize) -> BTreeMap<String, BTreeMap<String, Option<String>>> {
        let mut calls: BTreeMap<String, BTreeMap<String, Option<String>>> = BTreeMap::new();
        for row in self.file(&format!("calls-{number}.json")).iter().flat_map(|file| file.as_array()).flatten() {
            if let (Some(module), Some(label)) = (row[0].as_str(), row[1].as_str()) {
                let outcome = row[2].as_str().map(str::to_owned);
                calls.entry(module.to_owned()).or_default().insert(label.to_owned(), outcome);
            }
        }
        calls
    }
}

fn errors(file: &Value) -> Vec<(String, (String, String))> {
    let one = |(name, what): (&String, &Value)| {
        let what = strings(what);
        Some((name.clone(), (what.first()?.clone(), what.get(1).cloned().unwrap_or_default())))
    };
    file.as_object().into_iter().flatten().filter_map(one).collect()
}

/// A file of JSON in a worker's folder.
pub(super) fn read(folder: &Path, name: &str) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(folder.join(name)).ok()?).ok()
}

/// Runs a worker. `look` is called with its process id, its folder and the number of the reading while it waits.
pub(super) fn run(lab: &Lab, plan: &Plan, look: &mut dyn FnMut(u32, &Path, u64)) -> Result<Ended, WorkerError> {
    let folder = tempfile::Builder::new().prefix("isolate-").tempdir_in(&lab.scratch).map_err(WorkerError::Folder)?;
    let mut environment: Vec<(String, std::ffi::OsString)> = vec![("PYTHONHASHSEED".to_owned(), "0".into())];
    if plan.malloc_debug {
        environment.push(("PYTHONMALLOC".to_owned(), "debug".into()));
    }
    if let Some(without) = std::env::var_os("INSULA_ISOLATE_WITHOUT") {
        // A build of insula_isolate for tests: what it leaves out is to be noticed.
        environment.push(("INSULA_ISOLATE_WITHOUT".to_owned(), without));
    }
    if plan.scenario == "isolate_proof"
        && let Ok(library) = lab.library()
    {
        environment.push(("LD_PRELOAD".to_owned(), library.into_os_string()));
    }
    let time = lab.limits.time.saturating_mul(TIMES).max(Duration::from_secs(1));
    let launch = Launch {
        program: &lab.host.interpreter.executable,
        arguments: ["-s", "-B", "-X", "faulthandler"].map(Into::into).to_vec(),
        environment,
        limits: Limits { time, memory: MEMORY.max(lab.limits.memory) },
        scratch: &lab.scratch,
        script: Some(plan.script(folder.path())),
        network: false,
    };
    let run = worker::run(launch, &mut |pid, event, _| {
        if event["name"] == "reading" {
            look(pid, folder.path(), event["reading"].as_u64().unwrap_or(0));
        }
    })?;
    let step = run.last_step();
    let last = run.events.iter().rev().find(|event| event["event"] == "attempt" || event["event"] == "step");
    let attempt = last.and_then(|event| event["expression"].as_str());
    Ok(Ended {
        trouble: Trouble::of(&run),
        module: called(step).map(str::to_owned),
        importing: step.strip_prefix("import of ").map(str::to_owned),
        attempt: attempt.or_else(|| Some(replayed(step)?.0)).map(str::to_owned),
        folder,
    })
}

/// The module whose calls a step makes: `calls of NAME`, or `CALL of NAME, WHEN`.
fn called(step: &str) -> Option<&str> {
    step.strip_prefix("calls of ").or_else(|| Some(replayed(step)?.1))
}

/// The call and the module of `CALL of NAME, WHEN`.
fn replayed(step: &str) -> Option<(&str, &str)> {
    step.rsplit_once(", ")?.0.rsplit_once(" of ").filter(|(_, name)| !name.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::called;

    #[test]
    fn a_step_names_the_module_whose_calls_it_makes() {
        assert_eq!(called("calls of a._b"), Some("a._b"));
        assert_eq!(called("module.f('a', 1) of a._b, after another interpreter ended"), Some("a._b"));
        assert_eq!(called("creation of the interpreters"), None);
        assert_eq!(called("end of isolated interpreter 1, round 2"), None);
    }
}
