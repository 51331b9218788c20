//! A token does not pass through a detached closure.

use common::prelude::*;

fn f<'py>(py: Py<'py>) -> Py<'py> {
    py.detach_owned(move || py) //~ ERROR lifetime may not live long enough
}
