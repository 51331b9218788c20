//! A field that Python code may assign is one whose type allows changes.

#[insula::module]
mod bad {
    use insula::prelude::*;

    #[class]
    struct C<'py> {
        #[member(set)]
        fixed: Obj<'py>, //~ ERROR a field of type `insula::Obj<'py>` cannot be changed from Python
    }
}
