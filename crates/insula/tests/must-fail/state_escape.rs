//! The module state cannot be kept beyond the call.

use common::prelude::*;

thread_local!(static KEPT: Cell<Option<&'static State<'static>>> = const { Cell::new(None) });

fn f<'py>(cx: Ctx<'py>) {
    KEPT.with(|kept| kept.set(Some(cx.state()))); //~ ERROR borrowed data escapes
    //~^ ERROR closure may outlive the current function
}
