//! A static cannot hold an object: it is not Sync.

use common::prelude::*;

static KEPT: std::sync::OnceLock<Obj<'static>> = std::sync::OnceLock::new(); //~ ERROR cannot be shared between threads
//~^ ERROR cannot be sent between threads
