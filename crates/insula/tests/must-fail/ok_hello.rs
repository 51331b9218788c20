//! The first module that anybody writes: it compiles without a warning.

#![deny(warnings)]

/// A module.
#[insula::module]
mod hello {
    use insula::prelude::*;

    /// Says hello.
    #[function]
    fn hello(name: &str) -> String {
        format!("Hello, {name}!")
    }
}
