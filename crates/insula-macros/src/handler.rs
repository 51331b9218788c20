//! What a function that Python calls asks for, and the call that hands it in.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Error, FnArg, Pat, Result, ReturnType, Signature, Type};

/// Where the receiver of a method comes from.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Receiver {
    /// There is none: a module function or a constructor.
    None,
    /// `&self`, or a first parameter that takes the object.
    Object,
}

/// The parameters of a handler: how to fill in each, and which ones Python sees.
pub(crate) struct Handler {
    /// The expressions for all parameters, in order. They use `scope`, `slf` and `args`.
    pub(crate) arguments: Vec<TokenStream>,
    /// The names of those that come from Python.
    pub(crate) names: Vec<String>,
}

/// Reads a signature.
pub(crate) fn read(signature: &Signature, receiver: Receiver) -> Result<Handler> {
    if let Some(asyncness) = signature.asyncness {
        return Err(Error::new_spanned(asyncness, "an async function cannot be called from Python"));
    }
    if let Some(unsafety) = signature.unsafety {
        return Err(Error::new_spanned(unsafety, "Python can call this with anything: it cannot be unsafe"));
    }
    if let Some(parameter) = signature.generics.type_params().next() {
        return Err(Error::new_spanned(parameter, "a function that Python calls has no type parameters"));
    }
    let mut handler = Handler { arguments: Vec::new(), names: Vec::new() };
    for (index, input) in signature.inputs.iter().enumerate() {
        match input {
            FnArg::Receiver(slf) => {
                if receiver == Receiver::None {
                    return Err(Error::new_spanned(slf, "there is no `self` here"));
                }
                if slf.reference.is_none() || slf.mutability.is_some() || slf.colon_token.is_some() {
                    let message = "use `&self`: Python may hold other references to the object (for fields that change, see \
                                   `Slot`, `PyCell` and `Guarded`)";
                    return Err(Error::new_spanned(slf, message));
                }
                handler.arguments.push(quote_spanned!(slf.span()=> &**slf));
            }
            FnArg::Typed(typed) if index == 0 && receiver == Receiver::Object => {
                handler.arguments.push(quote_spanned!(typed.ty.span()=> slf));
            }
            FnArg::Typed(typed) => match type_name(&typed.ty).as_deref() {
                Some("Cx") => handler.arguments.push(quote_spanned!(typed.ty.span()=> ::insula::rt::cx(scope)?)),
                Some("Py") => handler.arguments.push(quote_spanned!(typed.ty.span()=> ::insula::rt::Scope::py(scope))),
                _ => {
                    let position = handler.names.len();
                    let argument = quote_spanned!(typed.ty.span()=> ::insula::rt::argument(args, #position, scope)?);
                    handler.arguments.push(argument);
                    handler.names.push(match &*typed.pat {
                        Pat::Ident(name) => name.ident.to_string().trim_start_matches("r#").to_owned(),
                        _ => format!("arg{position}"),
                    });
                }
            },
        }
    }
    if receiver == Receiver::Object && signature.inputs.is_empty() {
        return Err(Error::new_spanned(&signature.ident, "a method takes `&self`, or the object as `&Obj<'py, Self>`"));
    }
    Ok(handler)
}

/// The call of the user's function, with the place of its result for errors.
pub(crate) fn call(path: &TokenStream, signature: &Signature, handler: &Handler) -> TokenStream {
    let arguments = &handler.arguments;
    let span = match &signature.output {
        ReturnType::Default => signature.ident.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    quote_spanned!(span=> #path(#(#arguments),*))
}

/// The last segment of a type's path.
fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}
