//! The `insula` command.
fn main() {}
