//! Every parameter of a container is checked: keys and hashers too.

use common::prelude::*;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

struct Hasher(Rc<u8>);

fn need<'py, T: Trace<'py>>(_: &T) {}

fn check<'py>(key: &HashMap<&'py str, Obj<'py>>, hasher: &HashMap<u8, Obj<'py>, Hasher>, list: &Vec<&'py u8>) {
    need::<HashMap<&'py str, Obj<'py>>>(key); //~ ERROR cannot be stored in a Python object
    need::<HashMap<u8, Obj<'py>, Hasher>>(hasher); //~ ERROR cannot be sent between threads
    //~^ ERROR cannot be shared between threads
    need::<Vec<&'py u8>>(list); //~ ERROR cannot be stored in a Python object
}

fn sets<'py>(borrowed: &HashSet<&'py str>, hasher: &HashSet<u8, Hasher>) {
    need::<HashSet<&'py str>>(borrowed); //~ ERROR cannot be stored in a Python object
    need::<HashSet<u8, Hasher>>(hasher); //~ ERROR cannot be sent between threads
    //~^ ERROR cannot be shared between threads
}
