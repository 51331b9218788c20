//! `#[member]`: fields that Python code sees as attributes.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, Ident, ItemStruct, Result, Type};

use crate::attribute::{self, Arg, Value};
use crate::doc;
use crate::emit::{self, Role};
use crate::methods::ClassTokens;
use crate::names;

/// One marked field.
pub(crate) struct Member {
    pub(crate) field: Ident,
    pub(crate) ty: Type,
    /// The attribute's name in Python.
    pub(crate) name: String,
    pub(crate) settable: bool,
    pub(crate) doc: String,
}

/// Takes the markers off the fields of a class. With `all`, fields without one are attributes as well.
pub(crate) fn take(item: &mut ItemStruct, all: bool) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    for field in &mut item.fields {
        let marker = attribute::take(&mut field.attrs, &["member"])?;
        if marker.is_none() && !all {
            continue;
        }
        let Some(ident) = field.ident.clone() else {
            return Err(Error::new_spanned(&field.ty, "a #[member] is a field with a name"));
        };
        let (mut name, mut settable) = (ident.unraw().to_string(), false);
        for Arg { name: option, value } in marker.iter().flat_map(|marker| &marker.args) {
            match (option.to_string().as_str(), value) {
                ("set", Value::None) => settable = true,
                ("name", value) => name = names::text(option, value)?,
                _ => return Err(Error::new_spanned(option, "#[member] has: set, name = \"...\"")),
            }
        }
        members.push(Member { field: ident, ty: field.ty.clone(), name, settable, doc: doc::text(&field.attrs) });
    }
    Ok(members)
}

/// Writes a getter, and where asked a setter, for each; returns the entries of the table.
pub(crate) fn expand(
    members: &[Member],
    class: &ClassTokens,
    handlers: &mut Vec<TokenStream>,
) -> Result<Vec<TokenStream>> {
    let mut entries = Vec::new();
    for Member { field, ty, name, settable, doc } in members {
        let plain = field.unraw().to_string();
        let (get, set) = (format_ident!("__member_{plain}"), format_ident!("__set_member_{plain}"));
        let doc = doc::c_string(doc)?;
        // One place and one context for all of an expression: errors point at the field's type.
        let span = Span::mixed_site().located_at(ty.to_token_stream().span());
        let mut place = field.clone();
        place.set_span(span);
        let [slf, args, scope] = ["slf", "args", "scope"].map(|name| emit::local(name, span));
        let mut handler = |ty: &Ident, kind: &str, body: TokenStream| -> Result<()> {
            let shape = quote!(::insula::rt::Shape::Positional);
            handlers.push(emit::implementation(
                ty,
                Role::Method(class, kind),
                name,
                &shape,
                &TokenStream::new(),
                &body,
            )?);
            Ok(())
        };
        handler(
            &get,
            "Object",
            quote_spanned!(span=> ::insula::rt::Member::get(&#slf.#place, ::insula::rt::Scope::py(#scope))),
        )?;
        entries.push(if *settable {
            let value = quote_spanned!(span=> #args.value(0, #scope)?);
            handler(&set, "Nothing", quote_spanned!(span=> ::insula::rt::SetMember::set(&#slf.#place, #value)))?;
            quote!(::insula::rt::getset_def::<#get, #set>(#doc))
        } else {
            quote!(::insula::rt::readonly_getset_def::<#get>(#doc))
        });
    }
    Ok(entries)
}
