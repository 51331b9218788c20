//! Reading the marker attributes.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Expr, Ident, Meta, Result, Token, punctuated::Punctuated};

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
        let name: Ident = input.parse()?;
        let value = if input.parse::<Option<Token![=]>>()?.is_none() {
            Value::None
        } else if name == "signature" {
            let content;
            syn::parenthesized!(content in input);
            Value::Signature(content.parse()?)
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
    /// An error that points at the marker.
    pub(crate) fn error(&self, message: impl std::fmt::Display) -> Error {
        Error::new_spanned(&self.attribute, message)
    }

    /// The signature, where that is the only argument there can be.
    pub(crate) fn signature(&self) -> Result<Option<TokenStream>> {
        match self.args.as_slice() {
            [] => Ok(None),
            [Arg { value: Value::Signature(signature), .. }] => Ok(Some(signature.clone())),
            _ => Err(self.error(format!("#[{0}] has one argument: #[{0}(signature = (...))]", self.name))),
        }
    }

    /// Complains about arguments where there can be none.
    pub(crate) fn no_args(&self) -> Result<()> {
        match self.args.first() {
            Some(arg) => Err(Error::new_spanned(&arg.name, format!("#[{}] takes no arguments", self.name))),
            None => Ok(()),
        }
    }
}
