//! Docstrings, from documentation comments.

use proc_macro2::{Literal, Span, TokenStream};
use quote::quote;
use std::ffi::CString;
use syn::{Attribute, Error, Expr, ExprLit, Lit, Meta, Result};

/// The documentation comment of an item, as Python would have it: one leading space is taken off each line.
pub(crate) fn text(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
                _ => None,
            },
            _ => None,
        })
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).to_owned())
        .collect();
    lines.join("\n").trim().to_owned()
}

/// The docstring with the signature in front, where CPython finds it for `__text_signature__`.
pub(crate) fn with_signature(name: &str, receiver: Option<&str>, parameters: &[String], doc: &str) -> String {
    let parameters: Vec<&str> = receiver.into_iter().chain(parameters.iter().map(String::as_str)).collect();
    format!("{name}({})\n--\n\n{doc}", parameters.join(", "))
}

/// A C string literal.
pub(crate) fn c_string(text: &str) -> Result<Literal> {
    let text = CString::new(text).map_err(|_| Error::new(Span::call_site(), "the text has a NUL in it"))?;
    Ok(Literal::c_string(&text))
}

/// A C string of parts that only the compiler knows: `parts` is a constant array of texts.
pub(crate) fn joined(parts: &TokenStream) -> TokenStream {
    quote!({
        const BYTES: &[u8] = &::insula::rt::text_bytes::<{ ::insula::rt::text_len(&#parts) }>(&#parts);
        ::insula::rt::text(BYTES)
    })
}
