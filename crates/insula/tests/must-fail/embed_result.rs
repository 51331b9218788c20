//! An object cannot leave an entry as its result, also not inside something.

use common::prelude::*;
use insula::embed::{Interpreter, Pool, import};

fn plain(interpreter: &Interpreter) {
    let _ = interpreter.run(|py| import(py, "sys")); //~ ERROR lifetime may not live long enough
}

fn boxed(interpreter: &Interpreter) {
    let _ = interpreter.run(|py| Ok(Box::new(import(py, "sys")?) as Box<dyn std::any::Any>)); //~ ERROR cast requires that `'1` must outlive `'static`
}

fn token(interpreter: &Interpreter) {
    let _ = interpreter.run(|py| Ok(py)); //~ ERROR lifetime may not live long enough
}

fn job(pool: &Pool) {
    let _ = pool.run(|py| import(py, "sys")); //~ ERROR cannot be sent between threads
}
