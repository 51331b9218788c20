//! A borrow of a field does not go where the interpreter is left, because another thread may come to the same instance
//! there.

use common::prelude::*;
use std::cell::Cell;

fn plain<'py>(py: Py<'py>, count: &PyCell<'py, u8>) {
    py.detach(count, |count| count.set(1)); //~ ERROR cannot go along where the thread is detached from Python
}

fn owned<'py>(py: Py<'py>, count: &PyCell<'py, u8>) {
    py.detach_owned(|| count.set(1)); //~ ERROR borrowed data escapes
}

fn worker<'py>(py: Py<'py>, count: &PyCell<'py, u8>) {
    py.detach_on_worker(|| count.set(1)); //~ ERROR cannot be shared between threads safely
}

fn cell(py: Py<'_>, count: &Cell<u8>) {
    py.detach(count, |count| count.set(1)); //~ ERROR cannot go along where the thread is detached from Python
}
