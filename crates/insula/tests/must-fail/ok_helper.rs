//! What helpers usually do compiles.

use common::prelude::*;

fn swap<'py>(a: &Obj<'py, C<'py>>, b: &Obj<'py, C<'py>>) {
    let kept = a.attr.get();
    a.attr.set(b.attr.get());
    b.attr.set(kept);
}

fn copy<'py>(c: &Obj<'py, C<'py>>) -> Vec<Obj<'py>> {
    c.items.try_borrow().map(|items| items.iter().cloned().collect()).unwrap_or_default()
}

fn mixed<'py>(cx: Ctx<'py>, object: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
    if let Some(c) = cx.downcast::<C<'py>>(object) {
        swap(c, c);
    }
    Ok(cx.state().sentinel.clone())
}

fn sum<'py>(py: Py<'py>, data: &[f64]) -> f64 {
    py.detach(data, |data| data.iter().sum())
}

fn owned<'py>(py: Py<'py>) -> usize {
    let data = vec![1u8];
    py.detach_owned(move || data.len())
}
