//! Leaking memory does not make an object immortal.

use common::prelude::*;

fn f<'py>(_: Ctx<'py>, object: &Obj<'py>) -> &'static Obj<'static> {
    Box::leak(Box::new(object.clone())) //~ ERROR lifetime may not live long enough
}
