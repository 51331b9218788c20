//! A class by value: what it holds is as bound to the call as an object.

use std::sync::OnceLock;

mod kept {
    use common::prelude::*;

    thread_local!(static KEPT: RefCell<Option<C<'static>>> = const { RefCell::new(None) });

    fn keep<'py>(value: C<'py>) {
        KEPT.with(|kept| *kept.borrow_mut() = Some(value)); //~ ERROR borrowed data escapes
    }

    fn send<'py>(value: C<'py>) {
        std::thread::spawn(move || drop(value)); //~ ERROR cannot be sent between threads safely
    }

    fn detached<'py>(cx: Ctx<'py>, value: C<'py>) {
        cx.py().detach(value, |value| drop(value)); //~ ERROR cannot go along where the thread is detached from Python
    }
}

#[insula::module]
mod other {
    use insula::prelude::*;

    #[class]
    #[derive(Clone)]
    pub struct Theirs;
}

#[insula::module]
mod values {
    use insula::prelude::*;

    #[class]
    struct NotClone;

    #[function]
    fn take(_value: NotClone) {} //~ ERROR a class by value is cloned: derive `Clone`

    // The classes of a module object are its own: that of another module is not among them.
    #[function]
    fn take_theirs(_value: super::other::Theirs) {} //~ ERROR type mismatch

    #[function]
    fn give_theirs() -> super::other::Theirs { //~ ERROR cannot be the result of this function
        super::other::Theirs
    }

    #[class]
    #[derive(Clone)]
    struct WithObject<'py> {
        object: Obj<'py>,
    }

    #[function]
    fn longer<'py>(value: WithObject<'py>) -> WithObject<'static> { //~ ERROR lifetime may not live long enough
        value //~ ERROR lifetime may not live long enough
    }
}

static NEVER: OnceLock<common::user::C<'static>> = OnceLock::new(); //~ ERROR cannot be sent between threads safely
                                                                      //~^ ERROR cannot be shared between threads safely
