//! A boxed closure is 'static: it captures no object.

use common::prelude::*;

thread_local!(static KEPT: RefCell<Option<Box<dyn Fn()>>> = const { RefCell::new(None) });

fn f<'py>(_: Ctx<'py>, object: &Obj<'py>) {
    let object = object.clone();
    KEPT.with(|kept| *kept.borrow_mut() = Some(Box::new(move || drop(object.clone())))); //~ ERROR borrowed data escapes
}
