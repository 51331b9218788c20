//! What runs detached captures nothing.

use common::prelude::*;

fn f<'py>(cx: Ctx<'py>, object: &Obj<'py>) {
    cx.py().detach((), |()| { //~ ERROR E0308
        let _ = object.clone();
    });
}
