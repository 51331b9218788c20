//! `async fn`: what such a function may take and return. It goes on after the call has returned, so nothing of the call
//! is among it; the compiler says so too, in words that help nobody.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Error, FnArg, Result, ReturnType, Signature};

use crate::handler::Receiver;

/// Types that belong to one call, whatever lifetime they leave out.
const OF_THE_CALL: &[&str] = &["Obj", "Slot", "Guarded", "PyCell", "PyErr", "PyResult", "Py", "Buffer"];

/// Looks through the signature of a function that Python calls; whether it is asynchronous.
pub(crate) fn check(function: &Signature, receiver: Receiver) -> Result<bool> {
    let Some(asyncness) = function.asyncness else { return Ok(false) };
    match receiver {
        Receiver::Nowhere => {
            let message = "an async function needs its module, to which a static method has no way: use #[classmethod]";
            return Err(Error::new_spanned(asyncness, message));
        }
        Receiver::Setter | Receiver::Operator => return Err(not_here(function)),
        Receiver::None | Receiver::Object => {}
    }
    if let Some(lifetime) = function.generics.lifetimes().next() {
        let message = "an async function goes on after the call has returned: it takes and returns what no call's \
                       lifetime is in, plain data and `Root`";
        return Err(Error::new_spanned(lifetime, message));
    }
    for input in &function.inputs {
        match input {
            FnArg::Receiver(slf) => {
                let message = "`self` is borrowed for the call, and an async function goes on after it: take the \
                               object as `this: Root<Self>` (`Root<TheClass<'static>>` where the class has a \
                               lifetime), and reach it with `this.attach(|this| ...)`";
                return Err(Error::new_spanned(slf, message));
            }
            FnArg::Typed(typed) => parameter(&typed.ty)?,
        }
    }
    match &function.output {
        ReturnType::Type(_, ty) if of_the_call(&ty.to_token_stream()).is_some() => {
            let message = "the result of an async function belongs to no call: return plain data, or a `Root` for an \
                           object; the error may be an `AsyncError`, or a type of your own with #[derive(IntoPyErr)]";
            Err(Error::new_spanned(ty, message))
        }
        _ => Ok(true),
    }
}

fn parameter(ty: &syn::Type) -> Result<()> {
    let name = match ty {
        syn::Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    };
    let message = match (name.as_deref(), of_the_call(&ty.to_token_stream())) {
        (Some("Cx"), _) => {
            "a `Cx` ends with the call, and an async function goes on after it: take `cx: AsyncCx<State>`, whose \
             `cx.with(|cx| ...)` gives one"
        }
        (Some("Arguments"), _) => {
            "`Arguments` end with the call, and an async function goes on after it: name the parameters, with \
             #[function(signature = (...))] where some are optional"
        }
        (_, Some(_)) => {
            "an argument of an async function outlives the call: take plain data (`String` for `&str`, `Vec<u8>` for \
             `&[u8]`), or a `Root` for an object (`Root<Dict>` for a `dict`)"
        }
        _ => return Ok(()),
    };
    Err(Error::new_spanned(ty, message))
}

/// What in a type belongs to a call: a borrow, a lifetime, or a type that has one.
fn of_the_call(ty: &TokenStream) -> Option<TokenTree> {
    let mut before: Option<char> = None;
    for token in ty.clone() {
        let found = match &token {
            TokenTree::Ident(ident) if before == Some('\'') => ident != "static",
            TokenTree::Ident(ident) => OF_THE_CALL.iter().any(|name| ident == name),
            TokenTree::Punct(punct) => punct.as_char() == '&',
            TokenTree::Group(group) => of_the_call(&group.stream()).is_some(),
            TokenTree::Literal(_) => false,
        };
        if found {
            return Some(token);
        }
        before = match &token {
            TokenTree::Punct(punct) => Some(punct.as_char()),
            _ => None,
        };
    }
    None
}

/// Refuses an `async fn` where CPython wants the value itself.
pub(crate) fn forbid(function: &Signature) -> Result<()> {
    if function.asyncness.is_some() { Err(not_here(function)) } else { Ok(()) }
}

fn not_here(function: &Signature) -> Error {
    let name: &Ident = &function.ident;
    let message = format!("CPython takes the result of `{name}` at once: it cannot be async");
    Error::new_spanned(function.asyncness, message)
}
