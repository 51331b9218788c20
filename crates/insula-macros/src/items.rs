//! What the items of a module are, before they mean anything.

use syn::{Item, ItemImpl, Type, UseTree, parse_quote};

use crate::list;

/// Whether an item gives something this name.
pub(crate) fn gives_name(item: &Item, name: &str) -> bool {
    match item {
        Item::Use(item) => list::names(item).is_ok_and(|names| names.iter().any(|own| own == name)),
        Item::Struct(item) => item.ident == name,
        Item::Type(item) => item.ident == name,
        Item::Enum(item) => item.ident == name,
        _ => false,
    }
}

/// The prelude is there for the markers, too, which are gone by then: where nothing else of it is used, that is no
/// reason for a warning.
pub(crate) fn needed(mut item: Item) -> Item {
    if let Item::Use(item) = &mut item
        && let UseTree::Path(path) = &item.tree
        && path.ident == "insula"
    {
        item.attrs.push(parse_quote!(#[allow(unused_imports)]));
    }
    item
}

pub(crate) fn attribute_list(item: &mut Item) -> Option<&mut Vec<syn::Attribute>> {
    match item {
        Item::Struct(item) => Some(&mut item.attrs),
        Item::Fn(item) => Some(&mut item.attrs),
        Item::Impl(item) => Some(&mut item.attrs),
        Item::Enum(item) => Some(&mut item.attrs),
        Item::Union(item) => Some(&mut item.attrs),
        Item::Const(item) => Some(&mut item.attrs),
        Item::Mod(item) => Some(&mut item.attrs),
        Item::Use(item) => Some(&mut item.attrs),
        _ => None,
    }
}

/// Whether an `impl` block is for the type.
pub(crate) fn implements(block: &ItemImpl, name: &syn::Ident) -> bool {
    match &*block.self_ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| segment.ident == *name),
        _ => false,
    }
}
