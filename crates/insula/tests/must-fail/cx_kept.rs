//! The module's side of a call ends with the call.

use common::prelude::*;

thread_local!(static KEPT: Cell<Option<Ctx<'static>>> = const { Cell::new(None) });

fn keep<'py>(cx: Ctx<'py>) {
    KEPT.set(Some(cx)); //~ ERROR borrowed data escapes
}

fn send<'py>(cx: Ctx<'py>) {
    std::thread::spawn(move || drop(cx)); //~ ERROR cannot be sent between threads safely
}
