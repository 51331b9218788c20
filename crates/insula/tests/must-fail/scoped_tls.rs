//! A thread-local that lends values to a closure cannot lend a branded object.

use common::prelude::*;

mod scoped {
    use std::{cell::Cell, marker::PhantomData, thread::LocalKey};

    pub struct Scoped<T>(pub &'static LocalKey<Cell<*const ()>>, pub PhantomData<T>);
    impl<T> Scoped<T> {
        pub fn set<R>(&'static self, value: &T, f: impl FnOnce() -> R) -> R {
            self.0.with(|cell| cell.set(std::ptr::from_ref(value).cast()));
            f()
        }
        pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
            f(unsafe { &*self.0.with(|cell| cell.get()).cast::<T>() })
        }
    }
    unsafe impl<T> Sync for Scoped<T> {}
}
thread_local!(static CELL: Cell<*const ()> = Cell::new(std::ptr::null()));
static LENT: scoped::Scoped<Obj<'static>> = scoped::Scoped(&CELL, std::marker::PhantomData);

fn f<'py>(py: Py<'py>, object: &Obj<'py>) {
    LENT.set(object, || { //~ ERROR borrowed data escapes
        py.detach_owned(|| {
            LENT.with(|object| {
                let _ = object.clone();
            })
        })
    });
}
