//! A resource of the process holds no Python object.

use common::prelude::*;
use insula::ProcessGlobal;

static KEPT: ProcessGlobal<Option<Obj<'static>>> = ProcessGlobal::new(None); //~ ERROR cannot be sent between threads

static LIST: ProcessGlobal<Vec<u8>> = ProcessGlobal::new(Vec::new());

fn leak<'py>(py: Py<'py>, object: &Obj<'py>) {
    let _ = KEPT.with(py, |kept| *kept = Some(object.clone()));
    let _ = LIST.with(py, |list| list.push(1));
}
