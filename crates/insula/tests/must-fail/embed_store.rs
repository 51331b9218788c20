//! An entry's objects cannot be put where the next entry, or the code around it, would find them.

use common::prelude::*;
use insula::embed::{Interpreter, import};
use std::rc::Rc;

fn outside(interpreter: &Interpreter) {
    let mut kept = None;
    let _ = interpreter.run(|py| { //~ ERROR E0373
        kept = Some(import(py, "sys")?); //~ ERROR `py` escapes the closure body
        Ok(())
    });
}

fn cell(interpreter: &Interpreter) {
    let cell = Rc::new(RefCell::new(None));
    let inner = Rc::clone(&cell);
    let _ = interpreter.run(move |py| {
        *inner.borrow_mut() = Some(import(py, "sys")?); //~ ERROR `py` escapes the closure body
        Ok(())
    });
    drop(cell);
}

fn closures(interpreter: &Interpreter) {
    let later = interpreter.run(|py| {
        let object = import(py, "sys")?;
        Ok(move || object.repr().is_ok()) //~ ERROR lifetime may not live long enough
    });
    drop(later);
}
