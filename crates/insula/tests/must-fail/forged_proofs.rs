//! What the derives prove cannot be claimed in safe code.

use common::prelude::*;
use insula::{Initializer, Plain, Visitor};

struct Shared(std::rc::Rc<u8>);
impl Plain for Shared {} //~ ERROR conflicting implementations
//~^ ERROR requires an `unsafe impl`

struct Hidden<'py>(Obj<'py>);
impl<'py> Trace<'py> for Hidden<'py> { //~ ERROR requires an `unsafe impl`
    fn trace_objects(&self, _: &mut Visitor<'_>) {}
}

struct Nothing;
impl<'py> Initializer<'py> for Nothing { //~ ERROR requires an `unsafe impl`
    type Class = C<'py>;
    unsafe fn write(self, _: *mut insula::rt::ffi::PyObject) {}
}

struct Anything<T>(T);
impl<T> insula::Detach for Anything<T> {} //~ ERROR requires an `unsafe impl`
