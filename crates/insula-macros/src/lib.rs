//! The procedural macros of `insula`; use them through that crate.
//!
//! `#[module]` reads the whole module, so that it alone decides what a module object consists of. What it expands to
//! are tables and thin calls into `insula::rt`; there is no logic in the expansion.

mod asynchronous;
mod attribute;
mod class;
mod class_options;
mod class_stub;
mod configured;
mod convert;
mod derived;
mod doc;
mod elsewhere;
mod emit;
mod handler;
mod instance;
mod items;
mod list;
mod member;
mod methods;
mod mistakes;
mod module;
mod names;
mod options;
mod properties;
mod pyo3;
mod python_type;
mod raise;
mod signature;
#[cfg(test)]
mod snapshot;
mod special;
mod state;
mod stub;
mod trace;
mod variants;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as TokenStream2;

/// Makes an inline `mod` an extension module with multi-phase initialisation, named like the `mod`.
///
/// Its items may be marked `#[state]`, `#[exec]`, `#[function]`, `#[class]`, `#[methods]`, `#[exception]` and
/// `#[constant]`; others are left alone. The documentation of the `mod` becomes the module's docstring.
///
/// **Items of other files**, of modules inside, and those that a `macro_rules!` makes, are marked where they are,
/// `#[insula::class]`, `#[insula::methods]`, `#[insula::function]`, `#[insula::exception]`, and the module lists them
/// by a `use` with the marker: `#[class] use crate::shapes::{Circle, Square};`. Each is in one module. (What a macro
/// makes *inside* the `mod` cannot be listed by hand or found: the attribute sees the call of the macro only.)
///
/// **Submodules** are module objects with types and state of their own: a `#[module] mod sub { ... }` inside, or
/// `#[module] use crate::sub;` for one elsewhere that is marked `#[insula::module(submodule)]`.
///
/// Options:
///
/// * `name = "..."`: its name in Python; `"package.name"` for one inside a package, so that this is the `__module__` of
///   its classes;
/// * `all`: the module has an `__all__` with every name that does not begin with an underscore, or
///   `all = ["...", "..."]` with these;
/// * `submodule`: it is part of the module that lists it;
/// * `stub = "..."`: lines for `insula stubs` beside those of the items; an option of every item, in place of its own
///   lines;
/// * `once_per_process`: only one module object can exist in the process; a second import raises `ImportError` (the
///   opt-out of the HOWTO).
///
/// The module declares support for interpreters with their own GIL (PEP 684), and on 3.15 is exported as PEP 793 says.
#[proc_macro_attribute]
pub fn module(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute_macro("module", args.into(), item.into()).into()
}

/// Expands an attribute, once the compiler has taken out of the item what `#[cfg]` says.
fn attribute_macro(name: &str, args: TokenStream2, item: TokenStream2) -> TokenStream2 {
    if configured::is_conditional(item.clone()) {
        return configured::strip(name, args, item);
    }
    expand(name, args, item).unwrap_or_else(syn::Error::into_compile_error)
}

fn expand(name: &str, args: TokenStream2, item: TokenStream2) -> syn::Result<TokenStream2> {
    pyo3::check(item.clone())?;
    match name {
        "module" => return module::expand(args, item),
        "state" | "exec" | "constant" => {
            let message = format!("#[{name}] belongs on an item inside a module marked #[insula::module]");
            return Err(syn::Error::new(proc_macro2::Span::call_site(), message));
        }
        _ => {}
    }
    let marker = attribute::Marker::standing_alone(name, args)?;
    match name {
        "class" => elsewhere::class(&marker, item),
        "function" => elsewhere::function(&marker, item),
        "exception" => elsewhere::exception(&marker, item),
        _ => {
            marker.no_args()?;
            elsewhere::methods(item)
        }
    }
}

/// Gets an item back from the compiler; see `configured.rs`.
#[doc(hidden)]
#[proc_macro_derive(__Configured, attributes(__insula))]
pub fn __configured(item: TokenStream) -> TokenStream {
    let expanded = configured::take(item.into()).and_then(|(name, args, item)| expand(&name, args, item));
    expanded.unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Takes away the struct in which an item went through the compiler.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __gone(_: TokenStream, _: TokenStream) -> TokenStream {
    TokenStream::new()
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

/// Makes an error type of yours an exception for Python; its `Display` is the message.
///
/// `#[raise(ValueError)]` says which: a built-in exception or an `#[exception]` of the module; on the type, or on each
/// variant of an enum. `#[raise(transparent)]` raises what the only field does.
#[proc_macro_derive(IntoPyErr, attributes(raise))]
pub fn derive_into_py_err(item: TokenStream) -> TokenStream {
    raise::expand(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// The markers that `#[module]` reads. Standing alone, outside of a module that lists the item, some of them expand it
/// themselves.
macro_rules! markers {
    ($($(#[doc = $doc:literal])* $name:ident)*) => { $(
        $(#[doc = $doc])*
        #[proc_macro_attribute]
        pub fn $name(args: TokenStream, item: TokenStream) -> TokenStream {
            attribute_macro(stringify!($name), args.into(), item.into()).into()
        }
    )* };
}

markers! {
    /// The module state: one struct per module, with at most one lifetime, the brand. Every module object has its own.
    state
    /// Makes the state when a module object is executed: `fn(&Obj<'py, Module>) -> PyResult<'py, State<'py>>`. The
    /// classes and exceptions exist by then; a second parameter, `ExecContext<'py, State>`, makes instances of them.
    /// Not needed if the state has no fields.
    exec
    /// A constant of the module: `#[constant] const LIMIT: i64 = 10;` is set when the module is executed, before
    /// `#[exec]` runs. `name = "..."` is its name in Python. It can be anything that Python can have.
    constant
    /// A module function. Parameters of type `Cx` and `Py` are filled in; the others come from Python: by position, or
    /// as `signature = (a, b = 1, /, c, *args, d = None, **kwargs)` says. A default is a Rust expression of the
    /// parameter's type. `name = "..."` is the function's name in Python, if that is not the one in Rust; on a
    /// parameter, `#[py(name = "...")]` is the parameter's. (A raw identifier is its plain name: `r#type` is `type`.)
    function
    /// A class: a heap type of its own for every module object. Options:
    ///
    /// * `name = "..."`: another name in Python;
    /// * `base = Type`: derives from a built-in type (`Dict`, `List`, `ValueError` and their like; `Str`, `Int`,
    ///   `Float`, `Bytes`, `Tuple` for a class without fields), or from a class that the module has before it; one that
    ///   is declared elsewhere and has a brand is written with it, `base = Shape<'_>`. A `Dict` or `List` is filled by
    ///   its own `__init__`, with what the `*args` and `**kwargs` of `#[new]` collect, or all that its `Arguments` are;
    ///   without these it begins empty;
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
    /// * `eq`, `ord`, `hash`, `repr`, `str`: comparisons, hash and text by `PartialEq`, `PartialOrd`, `Hash`, `Debug`
    ///   and `Display`;
    /// * `new`: a constructor that takes the fields by position or keyword; on a field, `#[field(default = value)]`,
    ///   `#[field(skip)]` and `#[field(kw_only)]` say how;
    /// * `get_all`: every field is a `#[member]`.
    ///
    /// On an enum, unit variants are instances that the class has as attributes, and variants with data classes that
    /// derive from the enum's. (Of one that is declared outside its module, a `#[methods]` block cannot define again
    /// what the enum or an option of the class defines.)
    ///
    /// A field marked `#[member]` is an attribute of the same name, `#[member(set)]` one that can be assigned, if it is
    /// a `Slot`, `PyCell` or `Guarded`; `#[member(name = "...")]` gives it another name. Its documentation is the
    /// attribute's.
    ///
    /// Instances can be pickled and copied if the class defines `__reduce__`, `__reduce_ex__`, `__getstate__`,
    /// `__getnewargs__` or `__getnewargs_ex__`; otherwise that raises `TypeError`. (Exceptions, and classes of built-in
    /// types without fields, pickle as their base does.)
    class
    /// The methods of a class (of one that is declared outside its module, in one block): `#[new]`, `#[getter]`,
    /// `#[setter]`, `#[deleter]`, `#[classmethod]`, `#[staticmethod]`, `#[classattr]`, `#[class_state]`, `__dunder__`
    /// methods, and plain ones, which need no marker but to have a signature or another name: `#[method(name = "...",
    /// signature = (...))]`, `#[new(signature = (...))]`. `__init_subclass__`, `__class_getitem__` and
    /// `__subclasshook__` are class methods, as in Python. The prefixes `get_`, `set_` and `del_` are no part of an
    /// attribute's name. A `__dunder__` that is no slot of CPython's (`__array__`, `__html__`) is a plain method; the
    /// guide's page "Names" lists those that are.
    methods
    /// An exception class of its own for every module object. Options: `name = "..."`, `module = "..."`,
    /// `base = ValueError`.
    exception
}
