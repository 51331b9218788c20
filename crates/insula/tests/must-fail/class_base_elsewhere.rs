//! What a class or an exception may derive from is said by traits: no path and no other name gets around it.

use common::prelude::*;

#[insula::module]
pub mod shapes {
    use insula::prelude::*;

    #[class(subclassable)]
    pub struct Shape {
        pub name: &'static str,
    }

    #[exception]
    pub struct ShapeError;
}

/// A class of another module, at the same place of its table as a class of this one.
#[insula::module]
mod foreign {
    use insula::prelude::*;

    #[class(subclassable)]
    struct Own {
        n: u64,
    }

    #[class(base = super::shapes::Shape)] //~ ERROR a class of another module cannot be the base
    struct Circle;
}

/// The same, under another name.
#[insula::module]
mod renamed {
    use super::shapes::Shape as Round;
    use insula::prelude::*;

    #[class(subclassable)]
    struct Own {
        n: u64,
    }

    #[class(base = Round)] //~ ERROR a class of another module cannot be the base
    struct Circle;
}

#[insula::module]
mod exceptions {
    use insula::prelude::*;

    #[exception]
    struct OwnError;

    #[exception(base = super::shapes::ShapeError)] //~ ERROR cannot be the base of an exception of this module
    struct CircleError;
}

/// Through an alias, too, an instance is made of both values.
#[insula::module]
mod half {
    use insula::prelude::*;

    #[class(subclassable)]
    struct Shape {
        name: String,
    }
    type Alias = Shape;

    #[class(base = Alias)]
    struct Circle {
        radius: f64,
    }

    #[methods]
    impl Circle {
        #[new]
        fn new() -> Self { //~ ERROR mismatched types
            //~^ ERROR the trait bound
            Circle { radius: 1.0 }
        }
    }
}
