//! A type-erased box is 'static: no object fits in.

use common::prelude::*;

thread_local!(static KEPT: RefCell<Option<Box<dyn std::any::Any>>> = const { RefCell::new(None) });

fn f<'py>(_: Ctx<'py>, object: &Obj<'py>) {
    KEPT.with(|kept| *kept.borrow_mut() = Some(Box::new(object.clone()))); //~ ERROR lifetime may not live long enough
}
