//! A brand cannot be shortened to another one.

use common::prelude::*;

fn cast<'a: 'b, 'b>(object: Obj<'a>) -> Obj<'b> {
    object //~ ERROR lifetime may not live long enough
}
