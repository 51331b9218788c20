//! A module in several files, with submodules, items that a macro makes, and items that are there conditionally.

#![forbid(unsafe_code)]

mod errors;
mod maths;
mod shapes;

/// The module's own file only says what it consists of.
#[insula::module(name = "files", all)]
mod files {
    #[exception]
    use crate::errors::{Detail, Failure};
    #[module]
    use crate::maths::python as arithmetic;
    #[constant(name = "SIDES")]
    use crate::shapes::CORNERS;
    #[cfg(feature = "extra")]
    #[class]
    use crate::shapes::Extra;
    #[class]
    use crate::shapes::kinds::{Drawn, Kind, Place, Size};
    #[function]
    use crate::shapes::kinds::{draw, kind_of, same_size};
    #[class]
    use crate::shapes::made::{Large, Small};
    #[class]
    use crate::shapes::{Circle, Marked, Registry, Shape, Square};
    #[function]
    use crate::shapes::{area, largest as biggest, made_later, r#type};
    use insula::prelude::*;

    #[state]
    pub(crate) struct State<'py> {
        pub(crate) made: PyCell<'py, u64>,
    }

    #[exec]
    fn exec<'py>(module: &Obj<'py, Module>) -> PyResult<'py, State<'py>> {
        // The constants are there by then.
        let sides = module.getattr("SIDES")?;
        module.add("_seen", sides)?;
        module.add("_private", 1)?;
        Ok(State { made: PyCell::new(0) })
    }

    /// How large things may be.
    #[constant]
    const LIMIT: f64 = 2.5;
    #[constant]
    const GREETING: &str = "hello";

    /// In the module's own file, on a base of another.
    #[class(base = Shape<'_>)]
    struct Dot<'py> {
        #[member]
        at: Slot<'py>,
    }

    #[methods]
    impl<'py> Dot<'py> {
        #[new]
        fn new(name: &Obj<'py, Str>) -> With<Self, Shape<'py>> {
            With(Dot { at: Slot::empty() }, Shape::named(name))
        }
    }

    #[cfg(any())]
    #[function]
    fn never() -> Missing {}

    #[cfg(not(any()))]
    #[function(signature = (n = 1))]
    fn always(n: i64) -> i64 {
        n
    }

    /// The same function, one way or the other.
    #[cfg(feature = "extra")]
    #[function]
    fn which() -> &'static str {
        "extra"
    }
    #[cfg(not(feature = "extra"))]
    #[function]
    fn which() -> &'static str {
        "plain"
    }

    #[cfg_attr(all(), class(subclassable))]
    struct Conditional {
        #[cfg(any())]
        absent: std::rc::Rc<u8>,
        #[cfg_attr(all(), member)]
        present: i64,
    }

    #[methods]
    impl Conditional {
        #[cfg(any())]
        #[new]
        fn new(a: i64, b: i64) -> Self {
            Missing
        }
        #[cfg(not(any()))]
        #[new]
        fn new(present: i64) -> Self {
            Conditional {
                present,
                #[cfg(any())]
                absent: Missing,
            }
        }
        #[cfg(any())]
        fn absent(&self) {}
        #[cfg_attr(all(), getter)]
        fn twice(&self) -> i64 {
            2 * self.present
        }
        #[cfg(not(any()))]
        #[classattr]
        const HERE: i64 = 1;
        #[cfg(any())]
        #[classattr]
        const THERE: i64 = 1;
    }

    #[cfg(any())]
    #[exception]
    struct Never;

    #[cfg(any())]
    #[constant]
    const NEVER: i64 = 0;

    /// A submodule that is written here.
    #[module]
    mod inner {
        use insula::prelude::*;

        #[state]
        struct State<'py> {
            calls: PyCell<'py, u64>,
        }

        #[exec]
        fn exec<'py>(_: &Obj<'py, Module>) -> State<'py> {
            State { calls: PyCell::new(0) }
        }

        #[function]
        fn calls(cx: Cx<'_, State>) -> u64 {
            cx.state().calls.set(cx.state().calls.get() + 1);
            cx.state().calls.get()
        }

        /// Is `files.inner.Item`.
        #[class(subclassable)]
        struct Item;

        #[methods]
        impl Item {
            #[new]
            fn new() -> Self {
                Item
            }
        }

        #[exception]
        struct InnerError;

        /// A submodule of the submodule, without a state.
        #[module(all = ["Leaf"])]
        mod deepest {
            use insula::prelude::*;

            #[class]
            struct Leaf {
                #[member]
                n: i64,
            }

            #[function]
            fn leaf(cx: Cx<'_>, n: i64) -> PyResult<'_, Obj<'_, Leaf>> {
                cx.new(Leaf { n })
            }
        }
    }
}
