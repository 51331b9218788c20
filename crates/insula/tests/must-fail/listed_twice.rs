//! Of a class that is declared outside its module, the `#[methods]` block cannot define again what the class has
//! without it.

mod shapes {
    use insula::prelude::*;

    #[insula::class] //~ ERROR the class has a method or attribute by its options, or as an enum, and another
    pub(crate) enum Kind {
        One,
    }
    #[insula::methods]
    impl Kind {
        #[method(name = "__repr__")]
        fn repr(&self) -> &'static str {
            "mine"
        }
    }

    #[insula::class] //~ ERROR the class has a method or attribute by its options, or as an enum, and another
    pub(crate) enum Named {
        One,
    }
    #[insula::methods]
    impl Named {
        #[getter]
        fn get_name(&self) -> i64 {
            1
        }
    }

    #[insula::class] //~ ERROR the class has a method or attribute by its options, or as an enum, and another
    pub(crate) enum Pickled {
        One,
    }
    #[insula::methods]
    impl Pickled {
        #[method(name = "__reduce__")]
        fn reduce(&self) -> i64 {
            1
        }
    }

    #[insula::class(new)] //~ ERROR the class has a constructor by its options, and another in its #[methods]
    pub(crate) struct Made {
        n: i64,
    }
    #[insula::methods]
    impl Made {
        #[new]
        fn make() -> Self {
            Made { n: 1 }
        }
    }

    #[insula::class(frozen)] //~ ERROR unknown option
    pub(crate) enum Odd {
        One,
    }

    #[insula::class]
    pub(crate) fn f() {} //~ ERROR #[class] does not belong on this kind of item
}

#[insula::module]
mod lists {
    #[class]
    use crate::shapes::{Kind, Made, Named, Pickled};
}
