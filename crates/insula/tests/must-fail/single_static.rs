//! A thread-local cannot hold an object, also where one lifetime names everything.

use common::prelude::*;

thread_local!(static KEPT: RefCell<Option<Obj<'static>>> = const { RefCell::new(None) });

fn f<'py>(_: Cx<'py, State<'py>>, object: &'py Obj<'py>) {
    KEPT.with(|kept| *kept.borrow_mut() = Some(object.clone())); //~ ERROR borrowed data escapes
}
