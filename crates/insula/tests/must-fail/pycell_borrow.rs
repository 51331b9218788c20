//! A PyCell holds plain data: no borrow and no token.

use common::prelude::*;

fn borrow<'py>(object: &'py Obj<'py>) {
    let _ = PyCell::new(object); //~ ERROR cannot be shared between threads
}

fn token<'py>(py: Py<'py>) {
    let _ = PyCell::new(py); //~ ERROR cannot be sent between threads
    //~^ ERROR cannot be shared between threads
}
