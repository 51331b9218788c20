//! Data for a detached function must be Detach; Send is not enough.

use common::prelude::*;

struct SendWrapper<T>(T);
unsafe impl<T> Send for SendWrapper<T> {}
unsafe impl<T> Sync for SendWrapper<T> {}

fn f<'py>(cx: Ctx<'py>, object: &Obj<'py>) {
    let wrapped = SendWrapper(object.clone());
    cx.py().detach(&wrapped, |wrapped| { //~ ERROR cannot go along where the thread is detached from Python
        let _ = wrapped.0.clone();
    });
}
