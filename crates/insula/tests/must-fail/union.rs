//! A union cannot be traced, nor can a packed type.

use common::prelude::*;

#[derive(insula::Trace)]
union Either<'py> { //~ ERROR a union cannot be traced
    first: std::mem::ManuallyDrop<Obj<'py>>,
}

#[derive(insula::Trace)]
#[repr(C, packed)] //~ ERROR a packed type cannot be traced
struct Packed<'py> {
    first: Obj<'py>,
}
