//! The mistakes that a newcomer makes, and the words that say what to do instead.

use common::prelude::*;
use std::sync::OnceLock;

// An object in a `static`.
static KEPT: OnceLock<Obj<'static>> = OnceLock::new(); //~ ERROR PythonObjectsStayInTheirCall<insula::brand::KeepThemInStateOrClassOrRoot>` cannot be shared
                                                       //~^ ERROR PythonObjectsStayInTheirCall<insula::brand::KeepThemInStateOrClassOrRoot>` cannot be sent

// In a thread-local: the compiler's own words, which cannot be changed.
thread_local!(static MINE: RefCell<Option<Obj<'static>>> = const { RefCell::new(None) });

fn keep<'py>(object: &Obj<'py>) {
    MINE.with(|mine| *mine.borrow_mut() = Some(object.clone())); //~ ERROR argument requires that `'py` must outlive `'static`
}

// To another thread.
fn send<'py>(object: &Obj<'py>) {
    let object = object.clone();
    std::thread::spawn(move || drop(object)); //~ ERROR PythonObjectsStayInTheirCall<insula::brand::KeepThemInStateOrClassOrRoot>` cannot be sent
}

// To where the thread is detached.
fn detach<'py>(py: Py<'py>, object: &Obj<'py>) {
    py.detach(object.clone(), |object| drop(object)); //~ ERROR `detach_owned` takes a closure that captures owned data
}

#[insula::module]
mod field {
    use insula::prelude::*;
    use std::cell::RefCell;

    #[class]
    struct Items<'py> {
        items: RefCell<Vec<Obj<'py>>>, //~ ERROR store `Obj<'py>`, `Slot<'py>`, `Guarded<'py, T>`
    }
}

#[insula::module]
mod mutable {
    use insula::prelude::*;

    #[class]
    struct Counter {
        n: u64,
    }

    #[methods]
    impl Counter {
        fn bump(&mut self) { //~ ERROR for fields that change, see `Slot`, `PyCell` and `Guarded`
            self.n += 1;
        }
    }
}

#[insula::module]
mod option {
    use insula::prelude::*;

    #[class(frozen)] //~ ERROR unknown option; #[class] has: name, module
    struct Point {
        x: f64,
    }
}

#[insula::module]
mod function_among_methods {
    use insula::prelude::*;

    #[class]
    struct Point {
        x: f64,
    }

    #[methods]
    impl Point {
        #[function] //~ ERROR a method needs no marker
        fn x(&self) -> f64 {
            self.x
        }
    }
}

#[insula::module]
mod function_in_impl {
    use insula::prelude::*;

    #[class]
    struct Point {
        x: f64,
    }

    impl Point {
        #[function]
        fn x(&self) -> f64 { //~ ERROR a function of a class is a method: #[methods] on the `impl` reads it
            self.x
        }
    }
}

#[insula::module]
mod brand {
    use insula::prelude::*;

    #[function]
    fn first(items: &Obj<List>) -> PyResult<Obj> { //~ ERROR `fn first<'py>(...)`, with `Obj<'py>` there and here
        items.as_any().getitem(0)
    }
}

#[insula::module]
mod one_lifetime_for_two {
    use insula::prelude::*;

    #[function]
    fn same<'a>(item: &'a Obj<'a>) -> Obj<'a> { //~ ERROR are two lifetimes: write `&Obj<'py, T>`
        item.clone()
    }
}

#[insula::module]
mod result {
    use insula::prelude::*;

    struct Plain;

    #[function]
    fn plain() -> Plain { //~ ERROR return a value that Python can have, or a `Result` of one
        Plain
    }

    #[class]
    struct Point;

    #[function]
    fn points() -> Vec<Point> { //~ ERROR an instance of a class is made with `cx.new(value)`
        vec![Point]
    }
}

#[insula::module]
mod default {
    use insula::prelude::*;

    #[function(signature = (
        n,
        name = 5, //~ ERROR expected `String`, found integer
    ))]
    fn named(n: i64, name: String) -> String {
        name
    }
}

#[insula::module]
mod items {
    use insula::prelude::*;

    #[function]
    fn count(names: Vec<&str>) -> usize { //~ ERROR take owned ones, `String`
        names.len()
    }
}

#[insula::module]
mod pairs {
    use insula::prelude::*;
    use std::collections::HashMap;

    #[function]
    fn count(names: Option<HashMap<String, (u8, &Obj<'_>)>>) -> usize { //~ ERROR none can be borrowed
        names.map_or(0, |names| names.len())
    }
}
