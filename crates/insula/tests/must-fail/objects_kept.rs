//! The types of `datetime`, buffers and iterators belong to a call: none can be kept for the process or sent to a
//! thread.

use common::prelude::*;
use insula::types::{Buffer, DateTimeTypes, Iter};
use std::sync::OnceLock;

static TYPES: OnceLock<DateTimeTypes<'static>> = OnceLock::new(); //~ ERROR cannot be shared between threads safely
                                                                  //~^ ERROR cannot be sent between threads safely

fn keep<'py>(types: DateTimeTypes<'py>) -> DateTimeTypes<'static> {
    types //~ ERROR lifetime may not live long enough
}

fn send_buffer<'py>(buffer: Buffer<'py>) {
    std::thread::spawn(move || drop(buffer)); //~ ERROR cannot be sent between threads safely
}

fn send_iterator<'py>(iterator: Obj<'py, Iter>) {
    std::thread::spawn(move || iterator.count()); //~ ERROR cannot be sent between threads safely
}
