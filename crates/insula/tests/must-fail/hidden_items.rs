//! What the macros expand to is no way around them: their variables are out of reach, and what trusts its caller is
//! `unsafe`.

use common::prelude::*;

#[insula::module]
mod defaults {
    use insula::prelude::*;

    #[function(signature = (a, n = args.count()))] //~ ERROR cannot find value `args`
    fn counted(a: i64, n: usize) -> usize {
        n
    }

    #[function(signature = (n = insula::rt::Scope::py(scope).none()))] //~ ERROR cannot find value `scope`
    fn none<'py>(n: Obj<'py>) -> Obj<'py> {
        n
    }
}
