//! Every supported CPython is here, with what the tests need.

use anyhow::Result;

use crate::pythons::{self, SUPPORTED};
use crate::test::Tally;

pub(crate) fn run() -> Result<Tally> {
    let found = insula_pythons::discover().found;
    let mut tally = Tally::default();
    for feature in SUPPORTED {
        let python = pythons::best(&found, feature).filter(|python| pythons::lacks(python).is_empty());
        match python {
            Some(python) => println!("{python}"),
            None => println!("CPython {}.{} is missing; run `cargo xtask pythons`", feature.0, feature.1),
        }
        tally += Tally::of(python.is_some());
    }
    Ok(tally)
}
