//! Nothing of Python's goes along to the thread that works while this one is detached.

use common::prelude::*;

fn object<'py>(object: &Obj<'py>) {
    object.py().detach_on_worker(|| object.is_none()); //~ ERROR cannot be shared between threads safely
}

fn token<'py>(py: Py<'py>) {
    py.detach_on_worker(move || py.none().is_none()); //~ ERROR cannot be sent between threads safely
}

fn field<'py>(py: Py<'py>, c: &C<'py>) {
    py.detach_on_worker(|| c.attr.set(None)); //~ ERROR cannot be shared between threads safely
}
