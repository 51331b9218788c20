//! A thread-local cannot hold an object.

use common::prelude::*;

thread_local!(static KEPT: RefCell<Option<Obj<'static>>> = const { RefCell::new(None) });

fn f<'py>(_: Ctx<'py>, object: &Obj<'py>) {
    KEPT.with(|kept| *kept.borrow_mut() = Some(object.clone())); //~ ERROR borrowed data escapes
}
