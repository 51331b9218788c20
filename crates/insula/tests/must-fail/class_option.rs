//! Options that do not exist are named, with those that do.

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class(frozen)] //~ ERROR unknown option; #[class] has: name, module, qualname, base
    struct C;
}

#[insula::module]
mod texts {
    use insula::prelude::*;

    #[class(module = package)] //~ ERROR this is a text: module = "..."
    struct C;
}

#[insula::module]
mod exceptions {
    use insula::prelude::*;

    #[exception(mutable)] //~ ERROR unknown option; #[exception] has: name, module, base
    struct E;
}
