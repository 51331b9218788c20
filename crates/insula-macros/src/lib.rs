//! The procedural macros of `insula`; use them through that crate.
//!
//! `#[module]` reads the whole module, so that it alone decides what a module object consists of. What it expands to
//! are tables and thin calls into `insula::rt`; there is no logic in the expansion.

mod attribute;
mod class;
mod convert;
mod doc;
mod emit;
mod handler;
mod member;
mod methods;
mod module;
mod signature;
#[cfg(test)]
mod snapshot;
mod special;
mod trace;

use proc_macro::TokenStream;

/// Makes an inline `mod` an extension module with multi-phase initialisation, named like the `mod`.
///
/// Its items may be marked `#[state]`, `#[exec]`, `#[function]`, `#[class]`, `#[methods]` and `#[exception]`; others
/// are left alone. The documentation of the `mod` becomes the module's docstring.
///
/// `#[module(once_per_process)]` lets only one module object exist in the process; a second import raises `ImportError`
/// (the opt-out of the HOWTO).
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

/// Converts Python objects to a struct or enum of yours; it can then be a parameter of functions and methods.
///
/// A struct with named fields is read from the object's attributes, or, with `#[py(item)]` on the struct or a field,
/// from its items; a tuple struct from a `tuple`; one with a single unnamed field, or `#[py(transparent)]`, as that
/// field. Of an enum the variants are tried in order, each as such a struct; a variant without fields is the `str` of
/// its name. On a field or variant, `#[py(name = "...")]` gives the name in Python; on a field, `#[py(default)]` fills
/// in for one that is missing.
#[proc_macro_derive(FromPy, attributes(py))]
pub fn derive_from_py(item: TokenStream) -> TokenStream {
    convert::from_py(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Converts a struct or enum of yours to a Python object; functions and methods can then return it.
///
/// A struct with named fields becomes a `dict`; a tuple struct a `tuple`; one with a single unnamed field, or
/// `#[py(transparent)]`, what that field becomes. An enum becomes what its variant would as a struct; a variant without
/// fields the `str` of its name. `#[py(name = "...")]` gives the name in Python.
#[proc_macro_derive(IntoPy, attributes(py))]
pub fn derive_into_py(item: TokenStream) -> TokenStream {
    convert::into_py(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
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
    /// Makes the state when a module object is executed: `fn(&Obj<'py, Module>) -> PyResult<'py, State<'py>>`. The
    /// classes and exceptions exist by then; a second parameter, `ExecContext<'py, State>`, makes instances of them. Not
    /// needed if the state has no fields.
    exec
    /// A module function. Parameters of type `Cx` and `Py` are filled in; the others come from Python: by position, or
    /// as `signature = (a, b = 1, /, c, *args, d = None, **kwargs)` says. A default is a Rust expression of the
    /// parameter's type.
    function
    /// A class: a heap type of its own for every module object. Options:
    ///
    /// * `name = "..."`: another name in Python;
    /// * `base = Type`: derives from a built-in type (`Dict`, `List`, `ValueError` and their like; `Str`, `Int`,
    ///   `Float`, `Bytes`, `Tuple` for a class without fields), or from a class that the module declares before it;
    /// * `module = "..."`, `qualname = "..."`: its `__module__`, if that is not the extension's own name
    ///   (`package.name`, for an extension inside a package), and its `__qualname__`;
    /// * `base_from = function`: derives from the type that `fn(&Obj<'py, Module>) -> PyResult<'py, Obj<'py, Type>>`
    ///   finds when the module is executed, one of another module, in Python or C. Its `__new__` gets the arguments of
    ///   the call, and its `__init__` too. It cannot be one whose `__new__` is written in Python; of a mutable type, as
    ///   Python classes are, the class is `mutable`. A class of the same module that derives from it has a `base_from`
    ///   as well, which returns it;
    /// * `state = Type`: the class has a state of its own, an instance of a `hidden` class that a `#[class_state]`
    ///   function among its methods makes, `fn(&Obj<'py, Type>) -> Type`; `cx.class_state::<Class>()` is it;
    /// * `subclassable`: Python code may derive from it;
    /// * `mutable`: Python code may set attributes of the class. Calls of the class cost more, and so does each use of
    ///   an instance, which is checked: a class whose `__new__` was replaced can have instances without fields;
    /// * `weakref`, `dict`: instances can be referenced weakly, have a `__dict__`;
    /// * `generic`: `Class[item]` is a `types.GenericAlias`;
    /// * `hidden`: not an attribute of the module. `Obj<'py, TheClass>` is then what `Rc` is elsewhere: a node with
    ///   several owners, each of which the garbage collector counts;
    /// * `freelist = 16`: the module object keeps the memory of up to so many dead instances for new ones, for a class
    ///   whose instances come and go often. It derives from nothing else, has no `__del__` and no `__dict__`, and is
    ///   not mutable. (Without a GIL this does nothing.)
    ///
    /// A field marked `#[member]` is an attribute of the same name, `#[member(set)]` one that can be assigned, if it is
    /// a `Slot` or `PyCell`; `#[member(name = "...")]` gives it another name. Its documentation is the attribute's.
    ///
    /// Instances can be pickled and copied if the class defines `__reduce__`, `__reduce_ex__`, `__getstate__`,
    /// `__getnewargs__` or `__getnewargs_ex__`; otherwise that raises `TypeError`. (Exceptions, and classes of built-in
    /// types without fields, pickle as their base does.)
    class
    /// The methods of a class: `#[new]`, `#[getter]`, `#[setter]`, `#[classmethod]`, `#[staticmethod]`, `#[classattr]`,
    /// `#[class_state]`, `__dunder__`
    /// methods, and plain ones, which need no marker but to have a signature: `#[method(signature = (...))]`,
    /// `#[new(signature = (...))]`. `__init_subclass__` and `__class_getitem__` are class methods, as in Python.
    methods
    /// An exception class of its own for every module object. Options: `name = "..."`, `module = "..."`,
    /// `base = ValueError`.
    exception
}
