//! Every supported CPython is here, with what the tests need. Missing ones are fetched.

use anyhow::Result;

use crate::pythons::{self, SUPPORTED};
use crate::test::Tally;

pub(crate) fn run() -> Result<Tally> {
    pythons::run(&[], false)?;
    let found = insula_pythons::discover().found;
    let mut tally = Tally::default();
    for feature in SUPPORTED {
        let python = pythons::best(&found, feature).filter(|python| pythons::lacks(python).is_empty());
        tally += Tally::of(python.is_some());
    }
    Ok(tally)
}
