//! Instances of some built-in types vary in size: a class of them has no room for fields.

//~? ERROR a class that derives from such a built-in type has no fields

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class(base = Int)]
    struct C {
        n: u64,
    }
}
