//! A closure that Python calls belongs to no call: it captures neither objects nor what leads to them.

use common::prelude::*;
use std::rc::Rc;

fn object<'py>(cx: Ctx<'py>, object: Obj<'py>) {
    let _ = cx.callable("f", move |_, _| Ok(object.clone())); //~ ERROR PythonObjectsStayInTheirCall
}

fn borrow<'py>(cx: Ctx<'py>, object: &Obj<'py>) {
    let _ = cx.callable("f", |_, _| Ok(object.clone())); //~ ERROR PythonObjectsStayInTheirCall
}

fn call<'py>(cx: Ctx<'py>) {
    let _ = cx.callable("f", move |_, _| Ok(cx.state().sentinel.clone())); //~ ERROR between threads safely
}

fn beside<'py>(cx: Ctx<'py>, lent: &Obj<'py>, object: Obj<'py>) {
    let _ = cx.callable_with("f", lent, move |_, _, _| Ok(object.clone())); //~ ERROR PythonObjectsStayInTheirCall
}

fn cell<'py>(cx: Ctx<'py>) {
    let calls = Rc::new(Cell::new(0));
    let _ = cx.callable("f", move |cx, _| { //~ ERROR `Rc<std::cell::Cell<i32>>` cannot be
        calls.set(calls.get() + 1);
        Ok(cx.py().none())
    });
}
