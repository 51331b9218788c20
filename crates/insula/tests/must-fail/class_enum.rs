//! Enums as classes.

#[insula::module]
mod options {
    use insula::prelude::*;

    #[class(mutable)]
    enum Mutable { //~ ERROR an enum cannot have the option `mutable`
        A,
    }
}

#[insula::module]
mod nothing {
    use insula::prelude::*;

    #[class]
    enum Never {} //~ ERROR an enum without variants has no instances
}

#[insula::module]
mod branded {
    use insula::prelude::*;

    #[class]
    enum Units<'py> { //~ ERROR an enum of unit variants holds no objects
        A,
        B,
    }
}

// The collector must see into each variant, and no variant holds what another thread may not have.
#[insula::module]
mod fields {
    use insula::prelude::*;
    use std::rc::Rc;

    #[class]
    enum Holder<'py> {
        Hidden { value: Rc<Obj<'py>> }, //~ ERROR this field mentions `'py` and is invisible to the garbage collector
        //~^ ERROR cannot be a #[member]
        //~^^ ERROR cannot be made from a Python argument
        Other(u8),
    }
}

#[insula::module]
mod derived {
    use insula::prelude::*;

    #[class(eq)] //~ ERROR no implementation for `NotEq == _`
    struct NotEq {
        n: u8,
    }
}

#[insula::module]
mod hashes {
    use insula::prelude::*;

    #[class(hash)] //~ ERROR a hash goes with `eq`
    #[derive(Hash)]
    struct NotEq {
        n: u8,
    }
}

#[insula::module]
mod constructors {
    use insula::prelude::*;

    #[class(new)] //~ ERROR `new` takes the fields by their names
    struct Tuple(u8);
}

#[insula::module]
mod bad_field {
    use insula::prelude::*;

    #[class(new)]
    struct C {
        #[field(defualt = 1)] //~ ERROR #[field] has: default = value, skip, kw_only
        n: u8,
    }
}
