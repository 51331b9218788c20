//! One lifetime for everything compiles.

use common::prelude::*;

fn pick<'py>(cx: Cx<'py, State<'py>>, object: &'py Obj<'py>) -> PyResult<'py, Obj<'py>> {
    let Some(c) = cx.downcast::<C<'py>>(object) else { return Ok(object.clone()) };
    let previous = c.attr.replace(Some(cx.state().sentinel.clone()));
    if let Ok(mut items) = c.items.try_borrow_mut() {
        items.push(object.clone());
    }
    Ok(previous.unwrap_or_else(|| cx.py().none()))
}

fn value<'py>(c: &'py Obj<'py, C<'py>>) -> &'py i64 {
    &c.v
}
