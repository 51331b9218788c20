//! A field that Python code sees is of a type that Python can have.

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class]
    struct C {
        #[member]
        lock: std::sync::Mutex<u8>, //~ ERROR a field of type `std::sync::Mutex<u8>` cannot be a #[member]
    }
}
