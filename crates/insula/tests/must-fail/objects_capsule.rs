//! A capsule holds plain data: no object, nothing borrowed, nothing that belongs to one thread.

use common::prelude::*;
use insula::types::Capsule;

fn object<'py>(object: Obj<'py>) {
    let _ = Capsule::new(object.py(), c"name", object); //~ ERROR cannot be sent between threads safely
                                                        //~^ ERROR cannot be shared between threads safely
}

fn thread_bound<'py>(object: &Obj<'py>) {
    let _ = Capsule::new(object.py(), c"name", std::rc::Rc::new(1)); //~ ERROR cannot be sent between threads safely
                                                                     //~^ ERROR cannot be shared between threads safely
}

fn borrowed<'a, 'py>(object: &Obj<'py>, text: &'a str) {
    let _ = Capsule::new(object.py(), c"name", text); //~ ERROR borrowed data escapes outside of function
}
