//! The state of a class cannot be kept beyond the call.

use std::sync::Mutex;

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[state]
    struct State;

    #[class(hidden)]
    struct Stats<'py> {
        object: Obj<'py>,
    }

    #[class(state = Stats)]
    struct C;

    #[methods]
    impl C {
        #[class_state]
        fn make<'py>(class: &Obj<'py, Type>) -> Stats<'py> {
            Stats { object: class.clone().into_any() }
        }
        fn keep<'py>(&self, cx: Cx<'py, State>) -> &'py Obj<'py, Stats<'py>> {
            cx.class_state::<C>() //~ ERROR cannot return value referencing function parameter
        }
        fn leak<'py>(&self, cx: Cx<'py, State>) {
            let state: Obj<'static, Stats<'static>> = cx.class_state::<C>().clone(); //~ ERROR lifetime may not live long enough
            super::KEPT.lock().unwrap().take();
            drop(state);
        }
    }
}

static KEPT: Mutex<Option<u8>> = Mutex::new(None);
