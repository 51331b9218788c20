//! A raised exception is an object: it cannot be kept, nor sent to a thread.

use common::prelude::*;
use std::sync::OnceLock;

static LAST: OnceLock<PyErr<'static>> = OnceLock::new(); //~ ERROR cannot be shared between threads safely
                                                         //~^ ERROR cannot be sent between threads safely

fn keep<'py>(error: PyErr<'py>) -> PyErr<'static> {
    error //~ ERROR lifetime may not live long enough
}

fn send<'py>(error: PyErr<'py>) {
    std::thread::spawn(move || drop(error)); //~ ERROR cannot be sent between threads safely
}
