//! Every supported CPython is here, with what the tests need. Missing ones are fetched.

use anyhow::Result;
use insula_pythons::Interpreter;

use crate::pythons::{self, SUPPORTED};
use crate::test::{Tally, references};

/// It has what the tests need.
pub(super) fn on(python: &Interpreter) -> Result<Tally> {
    let lacks = pythons::lacks(python);
    if !lacks.is_empty() {
        println!("{python} lacks {}", lacks.join(" and "));
    }
    Ok(Tally::of(python.to_string(), lacks.is_empty()))
}

pub(crate) fn run() -> Result<Tally> {
    // First: the ordinary build comes with it, in one fetch.
    let debug = pythons::debug_build(references::PYTHON);
    if let Err(error) = &debug {
        println!("{error:#}");
    }
    let mut tally = Tally::of("debug build", debug.is_ok());
    pythons::run(&[], false)?;
    let found = insula_pythons::discover().found;
    for feature in SUPPORTED {
        let python = pythons::best(&found, feature).filter(|python| pythons::lacks(python).is_empty());
        tally += Tally::of(format!("CPython {}.{}", feature.0, feature.1), python.is_some());
    }
    Ok(tally)
}
