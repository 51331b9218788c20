//! The state of a class is no class that Python code could make or take apart.

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class]
    struct Stats {
        n: u64,
    }

    #[class(state = Stats)] //~ ERROR the state is a #[class(hidden)] of this module
    struct C;
}
