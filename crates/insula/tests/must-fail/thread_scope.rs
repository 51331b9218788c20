//! A scoped thread cannot borrow an object.

use common::prelude::*;

fn f<'py>(_: Ctx<'py>, object: &Obj<'py>) {
    std::thread::scope(|scope| {
        scope.spawn(|| { //~ ERROR cannot be shared between threads
            let _ = object.clone();
        });
    });
}
