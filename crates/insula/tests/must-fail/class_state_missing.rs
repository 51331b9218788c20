//! The state of a class is made by a function of the class.

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class(hidden)]
    struct Stats {
        n: u64,
    }

    #[class(state = Stats)] //~ ERROR a #[class_state] function of the class makes the state
    struct C;
}
