//! What one worker is told, and the Python source that it runs.
//!
//! The probe is pure Python so that it fits every CPython from 3.8 on without being compiled for it, and holds no
//! process-wide state that an X-ray could mistake for the target's. A script holds what every scenario needs
//! (`probe/`), and the Python half of its experiment, which lies beside the Rust half.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::compiled::Compiled;
use super::protocol::{Channel, Scenario};

const EVENTS: &str = include_str!("probe/events.py");
const CORE: &str = include_str!("probe/core.py");
const MAIN: &str = include_str!("probe/main.py");
const INTERPRETERS: &str = include_str!("probe/interpreters.py");
const CALLS: &str = include_str!("probe/calls.py");
const EXERCISE: &str = include_str!("probe/exercise.py");
const SUITES: &str = include_str!("probe/suites.py");
const PYTEST_OPTIONS: &str = include_str!("probe/pytest_options.py");
const WATCH: &str = include_str!("probe/watch.py");
const KEPT: &str = include_str!("probe/kept.py");
const RELEASES: &str = include_str!("probe/releases.py");
const STAND_INS: &str = include_str!("probe/stand_ins.py");
const TELL: &str = include_str!("../isolate/tell.py");

/// The names that hostile calls use.
pub(crate) const HOSTILE: &str = include_str!("probe/hostile.py");

/// How a script reads what was compiled before.
const READ: &str = "def read(place):\n    with open(place, 'rb') as file:\n        return file.read()\n";

/// What one worker is to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize)]
pub(crate) struct Task {
    /// The target's dotted name.
    pub(crate) name: String,
    /// The target's file.
    #[serde(serialize_with = "lossy")]
    pub(crate) path: PathBuf,
    /// Folders put before `sys.path`.
    #[serde(serialize_with = "all_lossy")]
    pub(crate) roots: Vec<PathBuf>,
    /// A control imports only what the target depends on.
    pub(crate) control: bool,
    /// What the target depends on, in the order it was imported.
    pub(crate) dependencies: Vec<String>,
    /// What the main interpreter imports before any sub-interpreter starts.
    pub(crate) preload: Vec<String>,
    /// Whether types are tried with a few arguments.
    pub(crate) light_use: bool,
    /// Whether CPython's check for modules that do not declare own-GIL support is switched off.
    pub(crate) unchecked: bool,
    /// The scenario.
    #[serde(flatten)]
    pub(crate) scenario: Scenario,
}

impl Task {
    /// The same with another scenario.
    pub(crate) fn doing(&self, scenario: Scenario) -> Self {
        Self { scenario, ..self.clone() }
    }

    /// The parts of the script behind what every interpreter runs.
    fn parts(&self) -> &'static [&'static str] {
        macro_rules! experiment {
            ($file:literal) => {
                include_str!(concat!("../experiments/", $file, ".py"))
            };
        }
        match self.scenario {
            Scenario::Locate => &[include_str!("../target/locate.py")],
            Scenario::InitFunction { .. } => &[experiment!("init_function")],
            Scenario::Import => &[experiment!("import")],
            Scenario::Exit => &[experiment!("exit")],
            Scenario::Again => &[experiment!("again")],
            Scenario::MainFirst { .. } | Scenario::SubFirst { .. } => &[INTERPRETERS, experiment!("sequence")],
            Scenario::Parallel { .. } => &[INTERPRETERS, experiment!("parallel")],
            Scenario::Restart { .. } => &[experiment!("restart")],
            Scenario::Effects => &[experiment!("effects")],
            Scenario::Identity { .. } => &[INTERPRETERS, experiment!("identity")],
            Scenario::Replay { .. } => &[INTERPRETERS, CALLS, experiment!("replay")],
            Scenario::DeepXray { .. } => &[CALLS, experiment!("deep_xray")],
            Scenario::GcContract { .. } => &[CALLS, RELEASES, experiment!("gc_contract")],
            Scenario::HostileCalls { .. } => &[CALLS, experiment!("hostile_calls")],
            Scenario::Repetition { .. } => &[CALLS, KEPT, experiment!("leaks"), experiment!("repetition")],
            Scenario::LeakPerImport { .. } | Scenario::LeakPerInterpreter { .. } => {
                &[INTERPRETERS, experiment!("leaks")]
            }
            Scenario::Exercise { .. } => &[
                INTERPRETERS,
                CALLS,
                WATCH,
                KEPT,
                STAND_INS,
                experiment!("leaks"),
                experiment!("repetition"),
                experiment!("exercise"),
            ],
            Scenario::Inventory => &[CALLS, experiment!("inventory")],
            Scenario::Describe => &[CALLS, experiment!("inventory"), include_str!("../compare/describe.py")],
            Scenario::IsolatePresent(_)
            | Scenario::IsolateCalls(_)
            | Scenario::IsolateProof(_)
            | Scenario::IsolateRace(_)
            | Scenario::IsolateLeaks(_) => {
                &[INTERPRETERS, experiment!("leaks"), include_str!("../isolate/scenarios.py")]
            }
            #[cfg(test)]
            Scenario::EveryEvent => &[TELL, EXERCISE, SUITES, include_str!("probe/every_event.py")],
        }
    }

    /// What each interpreter runs that makes calls of its own, the main one too.
    fn inside(&self) -> &'static [&'static str] {
        match self.scenario {
            Scenario::Identity { .. } => &[CALLS, include_str!("probe/given.py")],
            Scenario::Exercise { .. } => &[EXERCISE, SUITES, PYTEST_OPTIONS],
            Scenario::IsolatePresent(_)
            | Scenario::IsolateCalls(_)
            | Scenario::IsolateProof(_)
            | Scenario::IsolateRace(_)
            | Scenario::IsolateLeaks(_) => &[CALLS, TELL, include_str!("../isolate/inside.py")],
            _ => &[],
        }
    }

    /// The whole script, of parts that are compiled already where that is possible. The configuration is JSON, which is
    /// a Python literal once three names are bound.
    pub(crate) fn script(&self, channel: &Channel, compiled: Option<&Compiled>) -> String {
        let place = match self.scenario {
            Scenario::Restart { .. } => "restarted runtime",
            _ => "main interpreter",
        };
        let quoted = |text: &str| Value::from(text).to_string();
        let (core, inside) = (format!("{EVENTS}\n{CORE}"), self.inside().join("\n"));
        let mut script = format!(
            "true, false, null = True, False, None\nWHERE = {}\nCONFIG = {}\nCORE = {}\nHOSTILE = {}\nINSIDE = {}\n\
             MARSHALLED = {{}}\n{READ}",
            quoted(place),
            self.config(channel),
            quoted(&core),
            quoted(HOSTILE),
            quoted(&inside),
        );
        let parts = [(core.as_str(), "<insula probe>"), (&inside, "<insula inside>"), (MAIN, "<insula scenario>")];
        let parts = parts.into_iter().chain(self.parts().iter().map(|part| (*part, "<insula scenario>")));
        for (source, name) in parts.filter(|(source, _)| !source.is_empty()) {
            let kept = compiled.and_then(|compiled| compiled.place(source, name));
            let (source, name) = (quoted(source), quoted(name));
            script += &match kept.as_deref().and_then(Path::to_str) {
                Some(kept) => format!("exec(__import__('marshal').loads(read({})))\n", quoted(kept)),
                None => format!("exec(compile({source}, {name}, 'exec'))\n"),
            };
        }
        // What sub-interpreters run, too; read before a target may close files that it did not open.
        for (variable, source, name) in [("CORE", &core, "<insula probe>"), ("INSIDE", &inside, "<insula inside>")] {
            if let Some(kept) = compiled.filter(|_| !source.is_empty()).and_then(|one| one.place(source, name)) {
                script += &format!("MARSHALLED[{variable}] = read({})\n", quoted(&kept.to_string_lossy()));
            }
        }
        script + "main()\n"
    }

    /// What the script sees as `CONFIG`.
    pub(super) fn config(&self, channel: &Channel) -> String {
        #[derive(Serialize)]
        struct Config<'a> {
            #[serde(flatten)]
            task: &'a Task,
            #[serde(flatten)]
            channel: &'a Channel,
        }
        // Text and numbers: there is nothing that JSON could not hold. Were it otherwise, the script would say so.
        serde_json::to_string(&Config { task: self, channel }).unwrap_or_else(|error| format!("{error:?}"))
    }
}

/// A path as text: what is no text could not be imported anyway.
fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

fn all_lossy<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(|path| path.to_string_lossy()))
}
