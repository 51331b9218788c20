//! An object is not plain data.

use common::prelude::*;

fn plain<T: 'static + Send>() {}

fn check<'py>() {
    plain::<Option<Obj<'py>>>(); //~ ERROR cannot be sent between threads
}
