//! Reading the marker attributes.

use syn::{Attribute, Error, Meta, Result, Token, punctuated::Punctuated};

/// One of the markers on an item, taken off it: its name and its arguments.
pub(crate) struct Marker {
    pub(crate) name: String,
    pub(crate) args: Vec<Meta>,
    pub(crate) attribute: Attribute,
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
            Meta::List(list) => match list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) {
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

    /// Complains about arguments where there can be none.
    pub(crate) fn no_args(&self) -> Result<()> {
        match self.args.first() {
            Some(arg) => Err(Error::new_spanned(arg, format!("#[{}] takes no arguments", self.name))),
            None => Ok(()),
        }
    }
}
