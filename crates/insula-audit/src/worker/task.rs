//! The probe: the Python source that workers run, and what the auditor tells it.
//!
//! It is pure Python so that it fits every CPython from 3.8 on without being compiled for it, and holds no process-wide
//! state that an X-ray could mistake for the target's.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::worker;

const CORE: &str = include_str!("probe/core.py");
const SCENARIOS: &str = include_str!("probe/scenarios.py");

/// The names that hostile calls use.
pub(crate) const HOSTILE: &str = include_str!("probe/hostile.py");

/// What the scenarios of the instruments need beside the others.
const INSTRUMENTS: [&str; 5] = [
    include_str!("probe/calls.py"),
    include_str!("../experiments/gc_contract.py"),
    include_str!("../experiments/repeats.py"),
    include_str!("../experiments/hostile_calls.py"),
    include_str!("../experiments/deep_xray.py"),
];

/// The scenarios that need them.
const INSTRUMENTED: [&str; 7] =
    ["contract", "effects", "fuzz", "inside", "replay", "slope_import", "slope_interpreter"];

/// What one worker is to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Task {
    /// The scenario's function, without its prefix.
    pub(crate) scenario: &'static str,
    /// The target's dotted name.
    pub(crate) name: String,
    /// The target's file.
    pub(crate) path: PathBuf,
    /// Folders put before `sys.path`.
    pub(crate) roots: Vec<PathBuf>,
    /// A control imports these, and not the target.
    pub(crate) control: bool,
    /// What the target depends on, in the order it was imported.
    pub(crate) dependencies: Vec<String>,
    /// What the main interpreter imports before any sub-interpreter starts.
    pub(crate) preload: Vec<String>,
    /// Whether types are tried with a few arguments.
    pub(crate) light_use: bool,
    /// `"own"` or `"legacy"`.
    pub(crate) gil: &'static str,
    /// Whether CPython's check for undeclared modules is switched off.
    pub(crate) unchecked: bool,
    /// The init symbols, for the scenario that calls them.
    pub(crate) init: Vec<String>,
    /// Whether functions and methods are called blindly.
    pub(crate) functions: bool,
    /// Whether further copies of the module are made.
    pub(crate) copies: bool,
    /// Whether the second interpreter does without the target, which makes a control of a replay.
    pub(crate) absent: bool,
    /// The number of the first experiment or case, where an earlier worker ended before it had done all.
    pub(crate) start: usize,
    /// Groups of hostile calls that are passed over.
    pub(crate) skip: Vec<String>,
    /// If there are any: the only hostile calls to make.
    pub(crate) only: Vec<String>,
    /// Attempts to make an instance that ended an earlier worker.
    pub(crate) avoid: Vec<String>,
    /// How often an import or interpreter is repeated.
    pub(crate) cycles: u32,
    /// How long hostile calls are made.
    pub(crate) seconds: u32,
}

/// How many interpreters run at the same time in the parallel scenario, and how often.
const WIDTH: u32 = 8;
const ROUNDS: u32 = 3;

impl Task {
    fn config(&self) -> Value {
        let mut config: Map<String, Value> = match worker::channel_config() {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let more = json!({
            "scenario": self.scenario, "name": self.name, "path": text(&self.path),
            "roots": self.roots.iter().map(|root| text(root)).collect::<Vec<_>>(),
            "control": self.control, "dependencies": self.dependencies, "preload": self.preload,
            "use": self.light_use, "gil": self.gil, "override": self.unchecked, "init": self.init,
            "width": WIDTH, "rounds": ROUNDS, "functions": self.functions, "copies": self.copies, "absent": self.absent,
            "start": self.start, "skip": self.skip, "avoid": self.avoid,
            "only": self.only, "cycles": self.cycles, "seconds": self.seconds,
        });
        if let Value::Object(more) = more {
            config.extend(more);
        }
        Value::Object(config)
    }

    /// The whole script. JSON is a Python literal once three names are bound.
    pub(crate) fn script(&self) -> String {
        let instrument = INSTRUMENTED.contains(&self.scenario);
        let more = if instrument { INSTRUMENTS.join("\n") } else { String::new() };
        let scenarios = format!("{SCENARIOS}\n{more}");
        let main = "exec(compile(SCENARIOS, '<insula scenarios>', 'exec'))\nmain()\n";
        let texts = format!("SCENARIOS = {}\nHOSTILE = {}\n", Value::from(scenarios), Value::from(HOSTILE));
        format!("{}{texts}{main}", self.head("main interpreter"))
    }

    /// The script of one cycle of the restart scenario.
    pub(crate) fn cycle_script(&self) -> String {
        format!(
            "{}import faulthandler\nfaulthandler.enable(CONFIG['faults'], True)\n\
             step('import in cycle %d' % CYCLE)\nprepare()\n\
             try:\n    module = load()\n    use(own_types(module) if module else {{}})\n\
             \x20   send('cycle', names=NAMES)\n\
             except BaseException as error:\n    failed(error, 'import')\n\
             step('end of cycle %d' % CYCLE)\nif CYCLE == CYCLES: send('done')\n",
            self.head("restarted runtime")
        )
    }

    fn head(&self, place: &str) -> String {
        format!(
            "true, false, null = True, False, None\nWHERE = {}\nCONFIG = {}\nCORE = {}\n\
             exec(compile(CORE, '<insula probe>', 'exec'))\n",
            Value::from(place),
            self.config(),
            Value::from(CORE)
        )
    }
}

fn text(path: &Path) -> Value {
    Value::from(path.to_string_lossy())
}
