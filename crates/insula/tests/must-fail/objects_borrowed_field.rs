//! A derived conversion owns what it holds: the objects that its fields are made from are let go of at once.

use insula::FromPy;

#[derive(FromPy)]
struct Borrowed<'py> {
    name: &'py str, //~ ERROR the field must own what it holds
}
