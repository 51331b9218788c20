//! The procedural macros of `insula`; use them through that crate.
//!
//! `#[module]` reads the whole module, so that it alone decides what a module object consists of. What it expands to are tables
//! and thin calls into `insula::rt`; there is no logic in the expansion.

mod attribute;
mod class;
mod doc;
mod handler;
mod methods;
mod module;
mod signature;
mod trace;

use proc_macro::TokenStream;

/// Makes an inline `mod` an extension module with multi-phase initialisation, named like the `mod`.
///
/// Its items may be marked `#[state]`, `#[exec]`, `#[function]`, `#[class]`, `#[methods]` and `#[exception]`; others are left
/// alone. The documentation of the `mod` becomes the module's docstring.
///
/// `#[module(once_per_process)]` lets only one module object exist in the process; a second import raises `ImportError` (the opt-out
/// of the HOWTO).
///
/// The module declares support for interpreters with their own GIL (PEP 684), and on 3.15 is exported as PEP 793 says.
#[proc_macro_attribute]
pub fn module(args: TokenStream, item: TokenStream) -> TokenStream {
    module::expand(args.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Proves that a struct or enum can be stored in a class or in the module state; see the trait.
#[proc_macro_derive(Trace)]
pub fn derive_trace(item: TokenStream) -> TokenStream {
    trace::expand(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// The markers that `#[module]` reads. Standing alone they can only complain.
macro_rules! inside_module {
    ($($(#[doc = $doc:literal])* $name:ident)*) => { $(
        $(#[doc = $doc])*
        #[proc_macro_attribute]
        pub fn $name(_: TokenStream, item: TokenStream) -> TokenStream {
            let message = concat!("#[", stringify!($name), "] belongs on an item inside a module marked #[insula::module]");
            let error = syn::Error::new(proc_macro2::Span::call_site(), message).into_compile_error();
            let item = proc_macro2::TokenStream::from(item);
            quote::quote!(#error #item).into()
        }
    )* };
}

inside_module! {
    /// The module state: one struct per module, with at most one lifetime, the brand. Every module object has its own.
    state
    /// Makes the state when a module object is executed: `fn(&Obj<'py, Module>) -> PyResult<'py, State<'py>>`. The classes and
    /// exceptions exist by then. Not needed if the state has no fields.
    exec
    /// A module function. Parameters of type `Cx` and `Py` are filled in; the others come from Python: by position, or as
    /// `signature = (a, b = 1, /, c, *args, d = None, **kwargs)` says. A default is a Rust expression of the parameter's type.
    function
    /// A class: a heap type of its own for every module object. Options: `name = "..."`, `subclassable`, `base = Type`.
    class
    /// The methods of a class: `#[new]`, `#[getter]`, `#[setter]`, `__dunder__` methods, and plain ones, which need no marker
    /// but to have a signature: `#[method(signature = (...))]`, `#[new(signature = (...))]`.
    methods
    /// An exception class of its own for every module object. Options: `name = "..."`, `base = ValueError`.
    exception
}
