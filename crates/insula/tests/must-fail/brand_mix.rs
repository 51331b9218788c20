//! An object of one interpreter cannot be put into an object of another.

use common::prelude::*;

fn mix<'a, 'b>(into: &Obj<'a, C<'a>>, object: Obj<'b>) {
    into.attr.set(Some(object)); //~ ERROR lifetime may not live long enough
}
