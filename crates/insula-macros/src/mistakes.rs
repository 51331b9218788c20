//! Mistakes in signatures that the compiler would report in words that help nobody: they are found here, before it sees
//! what the macros make of them.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Error, FnArg, GenericArgument, PathArguments, Result, ReturnType, Type, TypeReference};

/// Collections whose items come and go one by one, so that nothing can be borrowed from them.
const COLLECTIONS: &[&str] =
    &["Vec", "VecDeque", "HashMap", "BTreeMap", "HashSet", "BTreeSet", "IndexMap", "IndexSet", "SmallVec", "Either"];

/// Types with a brand, which a result may lack.
const BRANDED: &[&str] = &["Obj", "PyResult", "PyErr", "Slot"];

/// Looks through the signature of a function that Python calls.
pub(crate) fn check(function: &syn::Signature) -> Result<()> {
    for input in &function.inputs {
        if let FnArg::Typed(typed) = input {
            same_lifetime_twice(&typed.ty)?;
            borrowed_items(&typed.ty)?;
        }
    }
    match &function.output {
        ReturnType::Type(_, ty) => missing_brand(function, ty),
        ReturnType::Default => Ok(()),
    }
}

/// `&'a Obj<'a>`, which rustc suggests.
fn same_lifetime_twice(ty: &Type) -> Result<()> {
    let Type::Reference(TypeReference { lifetime: Some(borrow), elem, .. }) = ty else { return Ok(()) };
    let brand = arguments(elem).into_iter().find_map(|argument| match argument {
        GenericArgument::Lifetime(brand) => Some(brand),
        _ => None,
    });
    if brand != Some(borrow) || last_name(elem).as_deref() != Some("Obj") {
        return Ok(());
    }
    let message = "how long the object is borrowed and which call it belongs to are two lifetimes: write \
                   `&Obj<'py, T>`, with `fn name<'py>(...)`";
    Err(Error::new_spanned(ty, message))
}

/// `Vec<&str>`.
fn borrowed_items(ty: &Type) -> Result<()> {
    let items: Vec<&Type> = match ty {
        Type::Array(array) => vec![&array.elem],
        Type::Tuple(tuple) => tuple.elems.iter().collect(),
        Type::Path(_) if last_name(ty).is_some_and(|name| COLLECTIONS.contains(&name.as_str())) => types(ty),
        Type::Path(_) if last_name(ty).as_deref() == Some("Option") => {
            return types(ty).into_iter().try_for_each(borrowed_items);
        }
        _ => return Ok(()),
    };
    for item in items {
        if let Type::Reference(reference) = item {
            let owned = match reference.elem.to_token_stream().to_string().as_str() {
                "str" => "String".to_owned(),
                "[u8]" | "[u8 ]" | "[ u8 ]" => "Vec<u8>".to_owned(),
                other => other.replace(' ', ""),
            };
            let message = format!(
                "the items of a collection are converted one by one and then let go, so that none can be borrowed: \
                 take owned ones, `{owned}`, or the object itself, `&Obj<'py, List>`"
            );
            return Err(Error::new_spanned(item, message));
        }
        borrowed_items(item)?;
    }
    Ok(())
}

/// A result that shares the brand of the arguments without naming it.
fn missing_brand(function: &syn::Signature, ty: &Type) -> Result<()> {
    let borrows = |input: &FnArg| match input {
        FnArg::Typed(typed) => match &*typed.ty {
            // Both the borrow's and the brand's lifetime are left out: rustc cannot know which one is meant.
            Type::Reference(reference) => reference.lifetime.is_none() && lacks_brand(&reference.elem),
            _ => false,
        },
        FnArg::Receiver(_) => false,
    };
    if !lacks_brand_anywhere(ty) || !function.inputs.iter().any(borrows) {
        return Ok(());
    }
    let name = &function.ident;
    let message = format!(
        "the result belongs to the same call as the arguments, which one lifetime says: `fn {name}<'py>(...)`, with \
         `Obj<'py>` there and here"
    );
    Err(Error::new_spanned(ty, message))
}

fn lacks_brand(ty: &Type) -> bool {
    let lifetime = |argument: &&GenericArgument| matches!(argument, GenericArgument::Lifetime(_));
    last_name(ty).is_some_and(|name| BRANDED.contains(&name.as_str())) && !arguments(ty).iter().any(lifetime)
}

fn lacks_brand_anywhere(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => lacks_brand_anywhere(&reference.elem),
        Type::Tuple(tuple) => tuple.elems.iter().any(lacks_brand_anywhere),
        _ => lacks_brand(ty) || types(ty).into_iter().any(lacks_brand_anywhere),
    }
}

fn arguments(ty: &Type) -> Vec<&GenericArgument> {
    let Type::Path(path) = ty else { return Vec::new() };
    match path.path.segments.last().map(|segment| &segment.arguments) {
        Some(PathArguments::AngleBracketed(of)) => of.args.iter().collect(),
        _ => Vec::new(),
    }
}

/// The types among the arguments of a path.
fn types(ty: &Type) -> Vec<&Type> {
    fn of(argument: &GenericArgument) -> Option<&Type> {
        match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        }
    }
    arguments(ty).into_iter().filter_map(of).collect()
}

fn last_name(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().map(|segment| segment.ident.to_string())
}

/// A type without the names of lifetimes, for where they are not declared; nothing where the type has a `Self`, which
/// would be another one.
pub(crate) fn without_lifetimes(ty: &Type) -> Option<TokenStream> {
    fn erase(tokens: TokenStream) -> Option<TokenStream> {
        let (mut erased, mut after_quote) = (Vec::new(), false);
        for token in tokens {
            let next = match token {
                TokenTree::Ident(ident) if after_quote && ident != "static" => {
                    TokenTree::Ident(Ident::new("_", ident.span()))
                }
                TokenTree::Ident(ident) if ident == "Self" => return None,
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), erase(group.stream())?);
                    inner.set_span(group.span());
                    TokenTree::Group(inner)
                }
                other => other,
            };
            after_quote = matches!(&next, TokenTree::Punct(punct) if punct.as_char() == '\'');
            erased.push(next);
        }
        Some(erased.into_iter().collect())
    }
    let erased = erase(quote!(#ty))?;
    // An `impl Trait` is no type that can be named.
    (!matches!(ty, Type::ImplTrait(_))).then_some(erased)
}
