//! Attributes of PyO3's, out of habit or left over from a port: rustc would only say that it cannot find them.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::{Error, Result};

/// What there is in place of an attribute.
const INSTEAD: &[(&str, &str)] = &[
    ("pyclass", "a class is marked #[class], its options in the marker: #[class(subclassable, get_all, eq)]"),
    ("pymethods", "the methods of a class are marked #[methods]"),
    (
        "pyfunction",
        "a function is marked #[function], its signature in the marker: #[function(signature = (a, b = 1))]",
    ),
    ("pymodule", "a module is marked #[insula::module], one inside another #[module]"),
    ("pymodule_init", "#[exec] fn exec(module: &Obj<'py, Module>) -> PyResult<'py, State<'py>> makes the module state"),
    ("pymodule_export", "an item of another file is listed with its marker: #[class] use path::Name;"),
    (
        "pyo3",
        "options stand in the marker itself: #[member] and #[member(set)] on a field, #[function(signature = (...))], \
         #[method(name = \"...\")], #[new(signature = (...))]; on a parameter #[py(name = \"...\")]",
    ),
];

/// Looks for them in an item, and in what is in it.
pub(crate) fn check(item: TokenStream) -> Result<()> {
    let mut found: Option<Error> = None;
    look(item, &mut |attribute, instead| {
        let error = Error::new(attribute.span(), format!("this is PyO3's: {instead}"));
        match &mut found {
            Some(found) => found.combine(error),
            None => found = Some(error),
        }
    });
    found.map_or(Ok(()), Err)
}

fn look(tokens: TokenStream, found: &mut impl FnMut(&Ident, &str)) {
    let mut after_hash = false;
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            if after_hash && group.delimiter() == Delimiter::Bracket {
                if let Some((attribute, instead)) = of_pyo3(group) {
                    found(&attribute, instead);
                }
            } else {
                look(group.stream(), found);
            }
        }
        after_hash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
    }
}

/// The name of an attribute, with or without `pyo3::` before it, if it is one of those.
fn of_pyo3(attribute: &Group) -> Option<(Ident, &'static str)> {
    let mut tokens = attribute.stream().into_iter();
    let TokenTree::Ident(first) = tokens.next()? else { return None };
    let second = tokens.find(|token| !matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':'));
    let name = match second {
        Some(TokenTree::Ident(second)) if first == "pyo3" => second,
        _ => first,
    };
    let (_, instead) = INSTEAD.iter().find(|(own, _)| name == own)?;
    Some((name, instead))
}
