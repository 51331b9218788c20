//! A buffer of numbers is as bound to its call as the object that exports it, and its items are numbers.

use common::prelude::*;

thread_local!(static KEPT: RefCell<Option<Buffer<'static, f64>>> = const { RefCell::new(None) });

fn keep<'py>(numbers: Buffer<'py, f64>) {
    KEPT.with(|kept| *kept.borrow_mut() = Some(numbers)); //~ ERROR borrowed data escapes
}

fn send<'py>(numbers: Buffer<'py, f64>) {
    std::thread::spawn(move || numbers.count()); //~ ERROR cannot be sent between threads safely
}

// Not every byte is a `bool` or a `char`.
fn flags<'py>(object: &Obj<'py>) -> PyResult<'py, usize> {
    let flags: Buffer<'py, bool> = object.extract()?; //~ ERROR `bool` is not a number that the items of a buffer can be
    Ok(0)
}
