//! A closure that Python calls keeps nothing of what it is lent for the call, and gives back what belongs to the call.

use common::prelude::*;
use std::sync::Mutex;

static KEPT: Mutex<Option<Obj<'static>>> = Mutex::new(None); //~ ERROR PythonObjectsStayInTheirCall

fn argument<'py>(cx: Ctx<'py>) {
    let _ = cx.callable("f", |cx, arguments| {
        *KEPT.lock().unwrap() = arguments.values().first().cloned(); //~ ERROR borrowed data escapes
        Ok(cx.py().none())
    });
}

fn outside<'py>(cx: Ctx<'py>, object: &Obj<'py, List>) {
    let mut kept = None;
    let _ = cx.callable_with("f", object, |object, cx, _| { //~ ERROR PythonObjectsStayInTheirCall
        kept = Some(object.clone());
        Ok(cx.py().none())
    });
}

fn result<'py>(cx: Ctx<'py>) {
    let given = cx.py().none();
    let _ = cx.callable_with("f", &given, |_, _, _| Ok(given.clone())); //~ ERROR PythonObjectsStayInTheirCall
}
