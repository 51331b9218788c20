//! Tests `insula::embed` on the CPython that it was built for. Started without arguments it runs every scenario in a
//! process of its own; with names, those; with `--here NAME`, one in this process.
//!
//! `INSULA_TEST_HOME` is the folder in which CPython is installed; `INSULA_TEST_MODULES` the folder of the extension
//! modules under test, for the scenarios that load one. `INSULA_TEST_LOADER` is the dynamic loader to start the
//! processes through, where CPython does not run on the machine's own C library, and `INSULA_TEST_LIBRARY_PATH` its
//! library path. `INSULA_TEST_PLAIN_MEMORY` is set where CPython's checks of its memory do not bear threads.

mod contextvars;
mod ending;
mod errors;
mod everything;
mod isolation;
mod lending;
mod module;
mod options;
mod pools;
mod restart;
mod roots;
mod smuggling;
mod support;
mod values;

use std::process::ExitCode;

/// A scenario: a name that says what would be broken, and code that panics if it is.
type Scenario = (&'static str, fn());

fn scenarios() -> Vec<Scenario> {
    [
        values::SCENARIOS,
        errors::SCENARIOS,
        options::SCENARIOS,
        restart::SCENARIOS,
        ending::SCENARIOS,
        isolation::SCENARIOS,
        everything::SCENARIOS,
        contextvars::SCENARIOS,
        smuggling::SCENARIOS,
        pools::SCENARIOS,
        roots::SCENARIOS,
        lending::SCENARIOS,
    ]
    .concat()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let all = scenarios();
    if let [flag, name] = arguments.as_slice()
        && flag == "--here"
    {
        let Some((_, scenario)) = all.iter().chain(lending::VICTIMS).find(|(known, _)| known == name) else {
            eprintln!("no scenario {name}");
            return ExitCode::FAILURE;
        };
        scenario();
        // What only looked as if it ran to its end, as by a call of exit(), does not say this.
        println!("{}", support::DONE);
        return ExitCode::SUCCESS;
    }
    support::run_all(
        all.iter()
            .map(|(name, _)| *name)
            .filter(|name| arguments.is_empty() || arguments.iter().any(|argument| argument == name)),
    )
}
