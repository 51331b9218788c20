//! What things are called in Python: `name = "..."`, raw identifiers, and the prefixes of getters and setters.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::{Error, Expr, ExprLit, FnArg, Lit, Pat, Result, Signature};

use crate::attribute::{self, Arg, Marker, Value};

/// What the marker of a function says about its calls from Python.
#[derive(Default)]
pub(crate) struct CallOptions {
    /// `name = "..."`.
    pub(crate) name: Option<String>,
    /// `signature = (...)`.
    pub(crate) signature: Option<TokenStream>,
    /// `stub = "..."`: what a stub file has for it.
    pub(crate) stub: Option<String>,
    /// The parameters with another name in Python, `#[py(name = "...")]`, by their names in Rust.
    pub(crate) renamed: HashMap<String, String>,
}

impl CallOptions {
    /// Reads the marker of a function, if it has one, and takes the attributes off its parameters.
    pub(crate) fn read(marker: Option<&Marker>, function: &mut Signature) -> Result<Self> {
        let mut options = CallOptions { renamed: renamed_parameters(function)?, ..CallOptions::default() };
        let Some(marker) = marker else { return Ok(options) };
        for Arg { name, value } in &marker.args {
            match (name.to_string().as_str(), value) {
                ("name", value) if marker.name != "new" => options.name = Some(text(name, value)?),
                ("stub", value) => options.stub = Some(any_text(name, value)?),
                ("signature", Value::Signature(signature)) => options.signature = Some(signature.clone()),
                _ => {
                    let known = if marker.name == "new" { "" } else { "name = \"...\", " };
                    let message = format!("#[{}] has: {known}signature = (...), stub = \"...\"", marker.name);
                    return Err(Error::new_spanned(name, message));
                }
            }
        }
        Ok(options)
    }

    /// The name in Python of a function with this name in Rust.
    pub(crate) fn name_or(&self, ident: &Ident) -> String {
        self.name.clone().unwrap_or_else(|| ident.unraw().to_string())
    }

    /// The name in Python of a parameter.
    pub(crate) fn parameter(&self, ident: &Ident) -> String {
        let name = ident.unraw().to_string();
        self.renamed.get(&name).cloned().unwrap_or(name)
    }
}

/// The text of `option = "..."`.
pub(crate) fn any_text(name: &Ident, value: &Value) -> Result<String> {
    match value {
        Value::Expr(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Ok(text.value()),
        _ => Err(Error::new_spanned(name, format!("this is a text: {name} = \"...\""))),
    }
}

/// The text of `name = "..."`, which Python must be able to write.
pub(crate) fn text(name: &Ident, value: &Value) -> Result<String> {
    let Value::Expr(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) = value else {
        return Err(Error::new_spanned(name, format!("this is a text: {name} = \"...\"")));
    };
    let value = text.value();
    let begins = value.starts_with(|first: char| first == '_' || first.is_alphabetic());
    if begins && value.chars().all(|c| c == '_' || c.is_alphanumeric()) {
        Ok(value)
    } else {
        Err(Error::new_spanned(text, "this is no identifier of Python's"))
    }
}

/// Takes `#[py(name = "...")]` off the parameters of a function.
fn renamed_parameters(function: &mut Signature) -> Result<HashMap<String, String>> {
    let mut renamed = HashMap::new();
    for input in &mut function.inputs {
        let FnArg::Typed(typed) = input else { continue };
        let Some(marker) = attribute::take(&mut typed.attrs, &["py"])? else { continue };
        let (Pat::Ident(pattern), [Arg { name, value }]) = (&*typed.pat, marker.args.as_slice()) else {
            return Err(marker.error("on a parameter this is #[py(name = \"...\")]"));
        };
        if name != "name" {
            return Err(marker.error("on a parameter this is #[py(name = \"...\")]"));
        }
        renamed.insert(pattern.ident.unraw().to_string(), text(name, value)?);
    }
    Ok(renamed)
}

/// The attribute that a getter, setter or deleter is for: `#[getter(name)]`, `#[getter(name = "...")]`, or the
/// function's name without one of these prefixes. A getter may do without the prefix.
pub(crate) fn attribute_of(marker: &Marker, function: &Ident, prefixes: &[&str]) -> Result<String> {
    let args: Vec<&Arg> = marker.args.iter().filter(|arg| arg.name != "stub").collect();
    match args.as_slice() {
        [Arg { name, value: Value::None }] => Ok(name.unraw().to_string()),
        [Arg { name, value }] if name == "name" => text(name, value),
        [] => {
            let own = function.unraw().to_string();
            let stripped = prefixes.iter().find_map(|prefix| own.strip_prefix(prefix)).filter(|rest| !rest.is_empty());
            match stripped.map(str::to_owned) {
                Some(attribute) => Ok(attribute),
                None if marker.name == "getter" => Ok(own),
                None => {
                    let (marker_name, prefix) = (&marker.name, prefixes[0]);
                    let message = format!("name the attribute, #[{marker_name}(name)], or the function `{prefix}name`");
                    Err(marker.error(message))
                }
            }
        }
        _ => Err(marker.error(format!("write #[{0}], #[{0}(name)] or #[{0}(name = \"...\")]", marker.name))),
    }
}

/// The `stub = "..."` of a getter, setter or deleter.
pub(crate) fn stub_of(marker: &Marker) -> Result<Option<String>> {
    let stub = marker.args.iter().find(|arg| arg.name == "stub");
    stub.map(|Arg { name, value }| any_text(name, value)).transpose()
}

/// The names that something of Python's has already: of two items with one name, CPython would keep either.
#[derive(Default)]
pub(crate) struct Taken(HashSet<String>);

impl Taken {
    /// Notes a name; `of` is what has it.
    pub(crate) fn add(&mut self, name: &str, span: Span, of: &str) -> Result<()> {
        if self.0.insert(name.to_owned()) {
            return Ok(());
        }
        Err(Error::new(span, format!("{of} has a `{name}` already")))
    }
}
