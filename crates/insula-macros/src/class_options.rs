//! The options of `#[class]` and `#[exception]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Error, Expr, ExprLit, ItemStruct, Lit, Path, Result};

use crate::attribute::{Arg, Marker, Value};
use crate::derived::DERIVED;
use crate::names;
use crate::variants::Part;

/// The options of a class or exception.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<String>,
    pub(crate) module: Option<String>,
    pub(crate) qualname: Option<String>,
    pub(crate) mutable: bool,
    pub(crate) base: Option<Path>,
    /// The function that finds the base when the module is executed.
    pub(crate) base_from: Option<Path>,
    /// The hidden class that the class's state is an instance of.
    pub(crate) state: Option<Path>,
    pub(crate) subclassable: bool,
    pub(crate) weakref: bool,
    pub(crate) dict: bool,
    pub(crate) generic: bool,
    pub(crate) hidden: bool,
    /// What a stub file has for its line.
    pub(crate) stub: Option<String>,
    /// How many blocks of dead instances are kept.
    pub(crate) freelist: Option<syn::LitInt>,
    /// The options that become methods.
    pub(crate) derived: Vec<syn::Ident>,
    /// Whether every field is a `#[member]`.
    pub(crate) get_all: bool,
    /// What it has to do with an enum.
    pub(crate) part: Option<Part>,
}

impl Options {
    /// The name in Python of the type with this name in Rust.
    pub(crate) fn python_name(&self, ident: &syn::Ident) -> String {
        self.name.clone().unwrap_or_else(|| ident.unraw().to_string())
    }

    /// The function of `EntryDef` that makes the class.
    pub(crate) fn kind(&self) -> &'static str {
        match (self.hidden, &self.base_from) {
            (true, _) => "hidden",
            (false, Some(_)) => "with_runtime_base",
            (false, None) => "class",
        }
    }

    /// Those of a variant of this enum: its class is an attribute of the enum's, and not of the module.
    pub(crate) fn of_variant(&self, part: Part) -> Self {
        Options { hidden: true, module: self.module.clone(), part: Some(part), ..Options::default() }
    }

    /// Whether the class derives from another.
    pub(crate) fn derives(&self) -> bool {
        self.base.is_some() || self.base_from.is_some()
    }

    /// Whether the class is an enum.
    pub(crate) fn is_enum(&self) -> bool {
        self.part.is_some()
    }

    /// An option that an enum cannot have.
    pub(crate) fn not_for_an_enum(&self) -> Option<&'static str> {
        let Options { mutable, weakref, dict, get_all, hidden, subclassable, .. } = *self;
        let flags = [
            (mutable, "mutable"),
            (weakref, "weakref"),
            (dict, "dict"),
            (get_all, "get_all"),
            (hidden, "hidden"),
            (subclassable, "subclassable"),
            (self.base.is_some(), "base"),
            (self.base_from.is_some(), "base_from"),
            (self.freelist.is_some(), "freelist"),
            (self.derived.iter().any(|option| option == "new"), "new"),
        ];
        flags.into_iter().find(|(set, _)| *set).map(|(_, name)| name)
    }

    /// The item in Rust.
    pub(crate) fn item(&self, own: &ItemStruct) -> TokenStream {
        self.part.as_ref().and_then(Part::item).unwrap_or_else(|| quote!(#own))
    }

    /// Sets an option that stands for itself.
    fn flag(&mut self, name: &str) -> bool {
        let place = match name {
            "subclassable" => &mut self.subclassable,
            "mutable" => &mut self.mutable,
            "weakref" => &mut self.weakref,
            "dict" => &mut self.dict,
            "generic" => &mut self.generic,
            "hidden" => &mut self.hidden,
            "get_all" => &mut self.get_all,
            _ => return false,
        };
        *place = true;
        true
    }

    /// Whether the base is just this name.
    pub(crate) fn base_is(&self, name: &syn::Ident) -> bool {
        self.base.as_ref().is_some_and(|base| base.is_ident(name))
    }

    pub(crate) fn read(marker: &Marker) -> Result<Self> {
        let mut options = Options::default();
        for Arg { name, value } in &marker.args {
            match (name.to_string().as_str(), value) {
                (option @ ("name" | "module" | "qualname"), value) => {
                    let Value::Expr(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) = value else {
                        return Err(Error::new_spanned(name, format!("this is a text: {option} = \"...\"")));
                    };
                    let place = match option {
                        "name" => &mut options.name,
                        "module" => &mut options.module,
                        _ if marker.name == "class" => &mut options.qualname,
                        _ => return Err(Error::new_spanned(name, "an exception's __qualname__ is its name")),
                    };
                    *place = Some(text.value());
                }
                ("stub", value) => options.stub = Some(names::any_text(name, value)?),
                ("base", Value::Expr(Expr::Path(path))) => options.base = Some(path.path.clone()),
                ("base_from", Value::Expr(Expr::Path(path))) if marker.name == "class" => {
                    options.base_from = Some(path.path.clone());
                }
                ("base_from", _) if marker.name == "class" => {
                    let message = "the base comes from a function: base_from = find_base";
                    return Err(Error::new_spanned(name, message));
                }
                ("state", Value::Expr(Expr::Path(path))) if marker.name == "class" => {
                    options.state = Some(path.path.clone());
                }
                ("state", _) if marker.name == "class" => {
                    let message = "the state is a hidden class of the module: state = Type";
                    return Err(Error::new_spanned(name, message));
                }
                ("base", _) => return Err(Error::new_spanned(name, "the base is a type: base = ValueError")),
                (option, Value::None) if marker.name == "class" && DERIVED.contains(&option) => {
                    options.derived.push(name.clone());
                }
                (option, Value::None) if marker.name == "class" && options.flag(option) => {}
                ("freelist", value) if marker.name == "class" => {
                    let Value::Expr(Expr::Lit(ExprLit { lit: Lit::Int(count), .. })) = value else {
                        return Err(Error::new_spanned(name, "this is a number of instances: freelist = 16"));
                    };
                    options.freelist = Some(count.clone());
                }
                _ => {
                    let class = "name, module, qualname, base, base_from, state, subclassable, mutable, weakref, dict, \
                                 generic, hidden, freelist, new, get_all, eq, ord, hash, repr, str, stub";
                    let known = if marker.name == "class" { class } else { "name, module, base, stub" };
                    return Err(Error::new_spanned(name, format!("unknown option; #[{}] has: {known}", marker.name)));
                }
            }
        }
        if let Some(base_from) = &options.base_from
            && (options.base.is_some() || options.weakref || options.dict || options.hidden)
        {
            let message = "a class whose base is found has no other base, is not hidden, and has a `__dict__` and weak \
                           references if the base has";
            return Err(Error::new_spanned(base_from, message));
        }
        Ok(options)
    }
}
