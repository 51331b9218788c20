//! A visit to another interpreter takes no object along and brings none back.

use common::prelude::*;

fn takes<'py>(root: &Root, object: &Obj<'py>) {
    let object = object.clone();
    let _ = root.attach(move |_| Ok(object.is_none())); //~ ERROR borrowed data escapes
}

fn brings(root: &Root) {
    let _ = root.attach(|object| Ok(object.clone())); //~ ERROR lifetime may not live long enough
}

fn borrows(root: &Root) {
    let _ = root.call::<_, &str>(()); //~ ERROR implementation of `FromPy` is not general enough
}

fn kept<'py>(root: &Root, py: Py<'py>) -> Obj<'static> {
    root.bind(py).unwrap() //~ ERROR lifetime may not live long enough
}
