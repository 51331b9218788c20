//! Reading the marker attributes.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Error, Expr, Ident, Meta, Result, Token, TypePath, punctuated::Punctuated};

/// One of the markers on an item, taken off it: its name and its arguments.
pub(crate) struct Marker {
    pub(crate) name: String,
    pub(crate) args: Vec<Arg>,
    pub(crate) attribute: Attribute,
}

/// One argument of a marker.
pub(crate) struct Arg {
    pub(crate) name: Ident,
    pub(crate) value: Value,
}

/// What stands behind an argument's name.
pub(crate) enum Value {
    /// Nothing: a flag.
    None,
    /// `= expression`.
    Expr(Expr),
    /// `= (...)`, for a signature, which is no expression.
    Signature(TokenStream),
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        // Also a word of Rust's: `#[getter(type)]`.
        let name = input.call(Ident::parse_any)?;
        let value = if input.parse::<Option<Token![=]>>()?.is_none() {
            Value::None
        } else if name == "signature" {
            let content;
            syn::parenthesized!(content in input);
            Value::Signature(content.parse()?)
        } else if (name == "base" || name == "state") && input.fork().parse::<TypePath>().is_ok() {
            // `Shape<'_>` is a type and no expression.
            let TypePath { path, qself } = input.parse()?;
            Value::Expr(Expr::Path(syn::ExprPath { attrs: Vec::new(), qself, path }))
        } else {
            Value::Expr(input.parse()?)
        };
        Ok(Arg { name, value })
    }
}

/// Takes the marker among `names` off an item; more than one is an error.
pub(crate) fn take(attributes: &mut Vec<Attribute>, names: &[&str]) -> Result<Option<Marker>> {
    let mut found: Option<Marker> = None;
    let mut error = None;
    attributes.retain(|attribute| {
        let name = attribute.path().segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if !names.contains(&name.as_str()) {
            return true;
        }
        let args = match &attribute.meta {
            Meta::List(list) => match list.parse_args_with(Punctuated::<Arg, Token![,]>::parse_terminated) {
                Ok(args) => args.into_iter().collect(),
                Err(failed) => {
                    error = Some(failed);
                    Vec::new()
                }
            },
            _ => Vec::new(),
        };
        if let Some(first) = &found {
            error = Some(Error::new_spanned(attribute, format!("the item is already marked #[{}]", first.name)));
        } else {
            found = Some(Marker { name, args, attribute: attribute.clone() });
        }
        false
    });
    error.map_or(Ok(found), Err)
}

impl Marker {
    /// The marker of an item that stands outside a module: the attribute macro has taken it off already.
    pub(crate) fn standing_alone(name: &str, args: TokenStream) -> Result<Self> {
        let args = Punctuated::<Arg, Token![,]>::parse_terminated.parse2(args)?.into_iter().collect();
        let ident = Ident::new(name, proc_macro2::Span::call_site());
        Ok(Marker { name: name.to_owned(), args, attribute: syn::parse_quote!(#[#ident]) })
    }

    /// An error that points at the marker.
    pub(crate) fn error(&self, message: impl std::fmt::Display) -> Error {
        Error::new_spanned(&self.attribute, message)
    }

    /// Complains about arguments where there can be none.
    pub(crate) fn no_args(&self) -> Result<()> {
        match self.args.first() {
            Some(arg) => Err(Error::new_spanned(&arg.name, format!("#[{}] takes no arguments", self.name))),
            None => Ok(()),
        }
    }
}
