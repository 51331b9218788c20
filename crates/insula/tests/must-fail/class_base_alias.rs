//! An alias does not hide what a class is: whether it may be derived from, where it is declared, that it is mutable.

#[insula::module] //~ ERROR a class derives from a class that is not #[class(subclassable)]
mod sealed {
    use insula::prelude::*;

    #[class]
    struct Shape {
        name: String,
    }
    type Alias = Shape;

    #[class(base = Alias)]
    struct Circle;
}

#[insula::module] //~ ERROR a class that derives from a mutable class is mutable
mod mutable {
    use insula::prelude::*;

    #[class(subclassable, mutable)]
    struct Shape {
        name: String,
    }
    type Alias = Shape;

    #[class(base = Alias)]
    struct Circle;
}

#[insula::module] //~ ERROR a class is declared after the one that it derives from
mod order {
    use insula::prelude::*;

    type Alias = Shape;

    #[class(base = Alias)]
    struct Circle;

    #[class(subclassable)]
    struct Shape {
        name: String,
    }
}

#[insula::module] //~ ERROR the base of the class is found when the module is executed
mod found {
    use insula::prelude::*;

    fn find<'py>(module: &Obj<'py, Module>) -> PyResult<'py, Obj<'py, Type>> {
        Ok(module.get_type())
    }

    #[class(base_from = find, subclassable, mutable)]
    struct Found;
    type Alias = Found;

    #[class(base = Alias, mutable)]
    struct C;
}

#[insula::module] //~ ERROR an exception is declared after the one that it derives from
mod exceptions {
    use insula::prelude::*;

    type Alias = OtherError;

    #[exception(base = Alias)]
    struct OwnError;

    #[exception]
    struct OtherError;
}
