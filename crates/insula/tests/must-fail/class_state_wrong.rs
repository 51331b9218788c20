//! The state of a class is of the type that the class names, with the brand of its module's exec.

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class(hidden)]
    struct Stats<'py> {
        object: Obj<'py>,
    }

    #[class(hidden)]
    struct Other {
        n: u64,
    }

    #[class(state = Stats)]
    struct Wrong;

    #[methods]
    impl Wrong {
        #[class_state]
        fn make<'py>(_: &Obj<'py, Type>) -> Other { //~ ERROR mismatched types
            Other { n: 1 }
        }
    }

    #[class(state = Stats)]
    struct Escaping;

    #[methods]
    impl Escaping {
        #[class_state]
        fn make(class: &Obj<'static, Type>) -> Stats<'static> { //~ ERROR borrowed data escapes
            Stats { object: class.clone().into_any() }
        }
    }
}
