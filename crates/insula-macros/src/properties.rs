//! `#[getter]`, `#[setter]` and `#[deleter]`: attributes that are functions.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Ident, Result};

use crate::doc;
use crate::stub::Bound;

/// What the three markers say about one attribute.
struct Property {
    name: String,
    doc: String,
    getter: Option<Ident>,
    setter: Option<Ident>,
    deleter: Option<Ident>,
}

/// Which of the three a function is.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Get,
    Set,
    Delete,
}

impl Part {
    /// The part that a marker names.
    pub(crate) fn of(marker: &str) -> Self {
        match marker {
            "getter" => Part::Get,
            "setter" => Part::Set,
            _ => Part::Delete,
        }
    }

    /// What may come before the attribute's name in the function's.
    pub(crate) fn prefixes(self) -> &'static [&'static str] {
        match self {
            Part::Get => &["get_"],
            Part::Set => &["set_"],
            Part::Delete => &["del_", "delete_"],
        }
    }

    /// What a stub file has for it: only the getter has the documentation.
    pub(crate) fn bound(self, doc: &str) -> (Bound, &str) {
        match self {
            Part::Get => (Bound::Getter, doc),
            Part::Set => (Bound::Setter, ""),
            Part::Delete => (Bound::Deleter, ""),
        }
    }

    /// How the handler is called, and how many arguments come from Python.
    pub(crate) fn kind(self) -> (&'static str, &'static str, usize) {
        match self {
            Part::Get => ("get", "Object", 0),
            Part::Set => ("set", "Nothing", 1),
            Part::Delete => ("delete", "Nothing", 0),
        }
    }
}

/// The attributes of one class that are functions.
#[derive(Default)]
pub(crate) struct Properties(Vec<Property>);

impl Properties {
    /// Adds the handler of one function; its documentation is the attribute's if it is the getter. `function` is what
    /// an error points at.
    pub(crate) fn add(&mut self, name: &str, part: Part, handler: Ident, doc: &str, function: &Ident) -> Result<()> {
        let index = self.0.iter().position(|property| property.name == name).unwrap_or_else(|| {
            let name = name.to_owned();
            self.0.push(Property { name, doc: String::new(), getter: None, setter: None, deleter: None });
            self.0.len() - 1
        });
        let property = &mut self.0[index];
        let (place, marker) = match part {
            Part::Get => (&mut property.getter, "getter"),
            Part::Set => (&mut property.setter, "setter"),
            Part::Delete => (&mut property.deleter, "deleter"),
        };
        let mut handler = handler;
        handler.set_span(handler.span().located_at(function.span()));
        if place.replace(handler).is_some() {
            let message = format!("attribute `{name}` has a #[{marker}] already");
            return Err(Error::new_spanned(function, message));
        }
        if matches!(part, Part::Get) {
            doc.clone_into(&mut property.doc);
        }
        Ok(())
    }

    /// The entries of the table of getters and setters.
    pub(crate) fn entries(&self) -> Result<Vec<TokenStream>> {
        self.0.iter().map(Property::entry).collect()
    }
}

impl Property {
    fn entry(&self) -> Result<TokenStream> {
        let Property { name, getter, setter, deleter, .. } = self;
        let doc = doc::c_string(&self.doc)?;
        let without_getter = |handler: &Ident, marker: &str| {
            Err(Error::new_spanned(handler, format!("attribute `{name}` has a #[{marker}] but no #[getter]")))
        };
        match (getter, setter, deleter) {
            (Some(getter), None, None) => Ok(quote!(::insula::rt::readonly_getset_def::<#getter>(#doc))),
            (Some(getter), Some(setter), None) => Ok(quote!(::insula::rt::getset_def::<#getter, #setter>(#doc))),
            (Some(getter), Some(setter), Some(deleter)) => {
                Ok(quote!(::insula::rt::getsetdel_def::<#getter, #setter, #deleter>(#doc)))
            }
            (Some(getter), None, Some(deleter)) => Ok(quote!(::insula::rt::getdel_def::<#getter, #deleter>(#doc))),
            (None, Some(setter), _) => without_getter(setter, "setter"),
            (None, None, Some(deleter)) => without_getter(deleter, "deleter"),
            (None, None, None) => Err(Error::new(proc_macro2::Span::call_site(), "an attribute without a function")),
        }
    }
}
