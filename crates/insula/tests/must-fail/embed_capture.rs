//! Code that enters an interpreter captures no object of an entry that is under way: not of another interpreter, not of
//! its own.

use common::prelude::*;
use insula::embed::{Interpreter, Pool, Session, import};

fn borrowed<'py>(object: &Obj<'py>, other: &Interpreter) {
    let _ = other.run(|_| Ok(drop(object.clone()))); //~ ERROR escapes the function body
}

fn owned<'py>(object: Obj<'py>, other: &Interpreter) {
    let _ = other.run(move |_| Ok(drop(object))); //~ ERROR argument requires that `'py` must outlive `'static`
}

fn session<'py>(object: Obj<'py>, session: &Session) {
    let _ = session.run(move |_| Ok(drop(object))); //~ ERROR argument requires that `'py` must outlive `'static`
}

fn token<'py>(py: Py<'py>, other: &Interpreter) {
    let _ = other.run(move |_| Ok(drop(py.none()))); //~ ERROR argument requires that `'py` must outlive `'static`
}

fn job<'py>(object: Obj<'py>, pool: &Pool) {
    let _ = pool.run(move |_| Ok(drop(object))); //~ ERROR cannot be sent between threads
}

fn entries(one: &Interpreter, two: &Interpreter) {
    let two = two.clone();
    let _ = one.run(move |py| {
        let object = import(py, "sys")?;
        let _ = two.run(move |_| Ok(drop(object))); //~ ERROR escapes the closure body
        Ok(())
    });
}
