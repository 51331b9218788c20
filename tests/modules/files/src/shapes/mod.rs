//! Classes and functions.

pub(crate) mod kinds;
pub(crate) mod made;
mod square;

use crate::errors::Detail;
use crate::files::State;
use insula::prelude::*;
use insula::{AsyncCx, AsyncError};
pub(crate) use square::Square;

pub(crate) const CORNERS: i64 = 4;

/// What other classes derive from.
#[insula::class(subclassable, weakref, dict)]
pub(crate) struct Shape<'py> {
    /// What it is called.
    #[member]
    name: Obj<'py, Str>,
    #[cfg(any())]
    absent: std::rc::Rc<u8>,
}

impl<'py> Shape<'py> {
    pub(crate) fn named(name: &Obj<'py, Str>) -> Self {
        Shape { name: name.clone() }
    }
}

#[insula::methods]
impl<'py> Shape<'py> {
    #[new(signature = (name))]
    fn new(cx: Cx<'py, State>, name: &Obj<'py, Str>) -> Self {
        let made = &cx.state().made;
        made.set(made.get() + 1);
        Self::named(name)
    }
    #[cfg(any())]
    #[new]
    fn new(a: Missing) -> Self {}
    /// How many were made in this module object.
    #[getter]
    fn made(&self, cx: Cx<'py, State>) -> u64 {
        cx.state().made.get()
    }
    fn __repr__(&self) -> PyResult<'py, String> {
        Ok(format!("<{}>", self.name.to_str()?))
    }
    fn __eq__(&self, other: &Obj<'py, Shape<'py>>) -> PyResult<'py, bool> {
        Ok(self.name.to_str()? == other.name.to_str()?)
    }
    #[method(signature = (*, message = "detail"))]
    fn fails(&self, cx: Cx<'py, State>, message: &str) -> PyResult<'py, ()> {
        Err(cx.new_err::<Detail>(message))
    }
    #[classmethod]
    fn of(class: &Obj<'py, Type>, name: &Obj<'py, Str>) -> PyResult<'py, Obj<'py>> {
        class.call((name,))
    }
    #[classattr]
    const KIND: &'static str = "shape";
}

/// Derives from a class of the same file.
#[insula::class(base = Shape<'_>, name = "Round", state = Registry<'_>)]
pub(crate) struct Circle<'py> {
    #[member(set)]
    radius: PyCell<'py, f64>,
}

#[insula::methods]
impl<'py> Circle<'py> {
    #[class_state]
    fn registry(_: &Obj<'py, Type>) -> Registry<'py> {
        Registry { made: PyCell::new(0) }
    }
    #[new(signature = (radius = 1.0))]
    fn new(cx: Cx<'py, State>, radius: f64) -> PyResult<'py, With<Self, Shape<'py>>> {
        let made = &cx.class_state::<Circle>().made;
        made.set(made.get() + 1);
        let name = Str::new(cx.py(), "circle")?;
        Ok(With(Circle { radius: PyCell::new(radius) }, Shape::named(&name)))
    }
    #[staticmethod]
    fn unit() -> f64 {
        1.0
    }
    fn circles(&self, cx: Cx<'py, State>) -> u64 {
        cx.class_state::<Circle>().made.get()
    }
}

/// What `Circle` keeps for itself.
#[insula::class(hidden)]
pub(crate) struct Registry<'py> {
    made: PyCell<'py, u64>,
}

/// Without a brand and without methods.
#[insula::class(generic)]
pub(crate) struct Marked;

/// There with a feature only.
#[cfg(feature = "extra")]
#[insula::class]
pub(crate) struct Extra;

/// The area of a circle.
#[insula::function]
pub(crate) fn area<'py>(circle: &Obj<'py, Circle<'py>>) -> f64 {
    std::f64::consts::PI * circle.radius.get() * circle.radius.get()
}

/// A function that goes on after its call has returned, and finds the module that lists it.
#[insula::function(signature = (name = "shape".to_owned()))]
pub(crate) async fn made_later(cx: AsyncCx<State<'static>>, name: String) -> Result<String, AsyncError> {
    std::future::ready(()).await;
    cx.with(move |cx| {
        let made = &cx.state().made;
        made.set(made.get() + 1);
        Ok(format!("{name} {}", made.get()))
    })
}

/// A function with a signature: its names are interned by the module that lists it.
#[insula::function(signature = (*shapes, r#by = 2), name = "largest_of")]
pub(crate) fn largest<'py>(cx: Cx<'py, State>, shapes: Vec<Obj<'py>>, r#by: i64) -> PyResult<'py, Obj<'py, Marked>> {
    let _ = (shapes, r#by);
    cx.new(Marked)
}

#[insula::function]
pub(crate) fn r#type<'py>(cx: Cx<'py, State>, object: &Obj<'py>) -> bool {
    cx.downcast::<Shape>(object).is_some()
}
