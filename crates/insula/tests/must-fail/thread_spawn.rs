//! An object cannot move to another thread.

use common::prelude::*;

fn f<'py>(_: Ctx<'py>, object: &Obj<'py>) {
    let object = object.clone();
    std::thread::spawn(move || drop(object)); //~ ERROR cannot be sent between threads
}
