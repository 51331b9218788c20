//! A wrapper that claims to be Send does not carry an object out.

use common::prelude::*;

struct SendWrapper<T>(T);
unsafe impl<T> Send for SendWrapper<T> {}
unsafe impl<T> Sync for SendWrapper<T> {}

fn f<'py>(cx: Ctx<'py>, object: &Obj<'py>) {
    let wrapped = SendWrapper(object.clone());
    cx.py().detach_owned(move || { //~ ERROR borrowed data escapes
        let _ = wrapped.0.clone();
    });
}
