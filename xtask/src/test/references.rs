//! No reference is lost: the modules on a debug build of CPython, which counts all references of the process. They are
//! built with the feature `checked`, so that it is also shown to stop no sound module.

use anyhow::Result;

use super::modules::{TIMEOUT, run_script};
use crate::test::Tally;
use crate::{build, pythons, workspace};

/// The version whose debug build is used.
pub(crate) const PYTHON: (u32, u32) = (3, 15);

pub(crate) fn run() -> Result<Tally> {
    let python = pythons::debug_build(PYTHON)?;
    let folder = workspace::target().join("test-modules").join(&python.facts.soabi);
    let target = workspace::target().join("modules").join(&python.facts.soabi);
    for module in ["everything", "rooted"] {
        build::module_with(module, &python, &folder, &target, &["--features", "insula/checked"])?;
    }
    run_script(&python, &folder, &workspace::root().join("tests/python/references.py"), TIMEOUT)
}
