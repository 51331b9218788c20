//! Enums, and a class whose methods its options derive, in a file of their own.

use insula::prelude::*;

use super::Shape;

/// One of three.
#[insula::class(ord, eq)]
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
#[allow(non_camel_case_types)]
pub(crate) enum Kind {
    Round,
    Angular = 4,
    r#type,
}

#[insula::methods]
impl Kind {
    fn next(&self) -> Kind {
        match self {
            Kind::Round => Kind::Angular,
            Kind::Angular => Kind::r#type,
            Kind::r#type => Kind::Round,
        }
    }
    #[method(signature = (times = 2))]
    fn repeated(&self, times: usize) -> String {
        format!("{:?}", vec![*self; times])
    }
}

/// What is drawn.
#[insula::class(name = "Figure")]
pub(crate) enum Drawn<'py> {
    /// A shape.
    One {
        shape: Obj<'py, Shape<'py>>,
    },
    Pair(Obj<'py>, Obj<'py>),
    Nothing,
}

#[insula::methods]
impl<'py> Drawn<'py> {
    #[method(signature = (extra = 0))]
    fn count(&self, extra: i64) -> i64 {
        extra
            + match self {
                Drawn::One { .. } => 1,
                Drawn::Pair(..) => 2,
                Drawn::Nothing => 0,
            }
    }
}

/// Without a block of methods.
#[insula::class]
#[derive(Clone)]
pub(crate) enum Size {
    Small,
    Wide { by: f64 },
}

/// Made of its fields.
#[insula::class(new, get_all, eq, hash, repr)]
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Place {
    row: i64,
    #[field(default = 7, kw_only)]
    column: i64,
}

#[insula::methods]
impl Place {
    #[method(signature = (*, rows = 1))]
    fn below(&self, rows: i64) -> Place {
        Place { row: self.row + rows, column: self.column }
    }
}

/// A class of another file by value, and an enum as a result.
#[insula::function]
pub(crate) fn kind_of(place: Place) -> Kind {
    if place.row == 0 { Kind::Round } else { Kind::Angular }
}

/// An enum with data by value.
#[insula::function]
pub(crate) fn same_size(size: Size) -> Size {
    size
}

/// An enum of objects as a result.
#[insula::function]
pub(crate) fn draw<'py>(shape: &Obj<'py, Shape<'py>>) -> Drawn<'py> {
    Drawn::One { shape: shape.clone() }
}
