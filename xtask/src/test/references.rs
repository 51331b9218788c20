//! No reference is lost: the modules on a debug build of CPython, which counts all references of the process. They are
//! built with the feature `checked`, so that it is also shown to stop no sound module.

use anyhow::Result;
use insula_pythons::Interpreter;

use super::modules::{TIMEOUT, run_script};
use crate::test::{Choice, Tally};
use crate::{build, pythons, workspace};

/// The version whose debug build is used.
pub(crate) const PYTHON: (u32, u32) = (3, 15);

pub(crate) fn run() -> Result<Tally> {
    on(&pythons::debug_build(PYTHON)?)
}

/// Other builds do not count.
pub(super) fn choose(python: &Interpreter) -> Choice {
    if python.facts.debug { Ok(on) } else { Err("it needs a debug build, which counts all references, such as 3.15d") }
}

fn on(python: &Interpreter) -> Result<Tally> {
    let folder = workspace::target().join("test-modules").join(&python.facts.soabi);
    let target = workspace::target().join("modules").join(&python.facts.soabi);
    for module in ["everything", "rooted"] {
        build::module_with(module, python, &folder, &target, &["--features", "insula/checked"])?;
    }
    run_script(python, &folder, &workspace::root().join("tests/python/references.py"), TIMEOUT)
}
