//! An instance of a class that derives from another is made of both values, of the right classes.

use common::prelude::*;

#[insula::module]
mod shapes {
    use insula::prelude::*;

    #[state]
    struct State;

    #[class(subclassable)]
    struct Shape {
        name: String,
    }

    #[class(base = Shape)]
    struct Circle {
        radius: f64,
    }

    #[class]
    struct Other {
        name: String,
    }

    #[methods]
    impl Circle {
        #[new]
        fn new() -> Self { //~ ERROR mismatched types
            //~^ ERROR the trait bound
            Circle { radius: 1.0 }
        }
    }

    #[function]
    fn half<'py>(cx: Cx<'py, State>) -> PyResult<'py, Obj<'py, Circle>> {
        cx.new(Circle { radius: 1.0 }) //~ ERROR the trait bound
    }

    #[function]
    fn wrong<'py>(cx: Cx<'py, State>) -> PyResult<'py, Obj<'py, Circle>> {
        cx.new(With(Circle { radius: 1.0 }, Other { name: String::new() })) //~ ERROR the trait bound
    }
}

#[insula::module]
mod sealed {
    use insula::prelude::*;

    #[class]
    struct Shape {
        name: String,
    }

    #[class(base = Shape)] //~ ERROR is not #[class(subclassable)]
    struct Circle {
        radius: f64,
    }
}

#[insula::module]
mod no_room {
    use insula::prelude::*;

    #[class(base = Int)]
    struct Tag { //~? ERROR a class that derives from such a built-in type has no fields
        note: u8,
    }
}
