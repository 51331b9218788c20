//! The options of `#[module]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprLit, ItemMod, Lit, Result, Token, ext::IdentExt};

use crate::attribute::{Arg, Value};
use crate::doc;
use crate::names;

/// What `#[module(...)]` says.
#[derive(Default)]
pub(crate) struct ModuleOptions {
    pub(crate) once_per_process: bool,
    /// Whether it is part of another module, which makes it.
    pub(crate) submodule: bool,
    name: Option<String>,
    all: Option<All>,
    /// What a stub file has beside the items.
    stub: String,
}

/// `all`, or `all = ["..."]`.
enum All {
    Public,
    Names(Vec<String>),
}

impl ModuleOptions {
    pub(crate) fn read(args: TokenStream) -> Result<Self> {
        Self::of(Punctuated::<Arg, Token![,]>::parse_terminated.parse2(args)?.iter())
    }

    pub(crate) fn of<'a>(args: impl Iterator<Item = &'a Arg>) -> Result<Self> {
        let mut options = ModuleOptions::default();
        for Arg { name, value } in args {
            match (name.to_string().as_str(), value) {
                ("once_per_process", Value::None) => options.once_per_process = true,
                ("submodule", Value::None) => options.submodule = true,
                ("name", Value::Expr(Expr::Lit(ExprLit { lit: Lit::Str(text), .. }))) => {
                    let text = (text.value(), text);
                    let is_name = |part: &str| {
                        let mut letters = part.chars();
                        letters.next().is_some_and(|first| first == '_' || first.is_ascii_alphabetic())
                            && letters.all(|c| c == '_' || c.is_ascii_alphanumeric())
                    };
                    if !text.0.split('.').all(is_name) {
                        let message =
                            "the name of a module is ASCII: \"name\", or \"package.name\" of one in a package";
                        return Err(Error::new_spanned(text.1, message));
                    }
                    options.name = Some(text.0);
                }
                ("stub", value) => options.stub = names::any_text(name, value)?,
                ("all", Value::None) => options.all = Some(All::Public),
                ("all", Value::Expr(Expr::Array(names))) => {
                    let names = names.elems.iter().map(|name| match name {
                        Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) => Ok(name.value()),
                        other => Err(Error::new_spanned(other, "this is a text")),
                    });
                    options.all = Some(All::Names(names.collect::<Result<_>>()?));
                }
                _ => {
                    let message = "#[module] has these options: name = \"...\", all, all = [\"...\"], submodule, \
                                   stub = \"...\", once_per_process";
                    return Err(Error::new_spanned(name, message));
                }
            }
        }
        Ok(options)
    }

    /// The whole name, with the package before it if the author says so, and the last part of it.
    pub(crate) fn names(&self, module: &ItemMod) -> Result<(String, String)> {
        let name = self.name.clone().unwrap_or_else(|| module.ident.unraw().to_string());
        if !name.is_ascii() {
            return Err(Error::new_spanned(&module.ident, "the name of an extension module is ASCII"));
        }
        if self.submodule && name.contains('.') {
            let message = "a submodule's name is its own: what comes before the dot is the module that it is part of";
            return Err(Error::new_spanned(&module.ident, message));
        }
        let own = name.rsplit('.').next().unwrap_or(&name).to_owned();
        Ok((name, own))
    }

    /// The lines of the module in a stub file, as a constant expression: its own, and those of what it lists.
    pub(crate) fn stub(&self, known: Option<&str>, own: &str, doc: &str, listed: &[TokenStream]) -> TokenStream {
        let mut text = String::new();
        match &self.all {
            None => {}
            Some(All::Public) => text.push_str("#:all\n"),
            Some(All::Names(names)) => text.push_str(&format!("#:all {}\n", names.join(" "))),
        }
        doc.lines().for_each(|line| text.push_str(&format!("#\"{line}\n")));
        if !self.stub.is_empty() {
            text.push_str(&format!("{}\n\n", self.stub.trim_end()));
        }
        text.push_str(own);
        match known {
            Some(name) => {
                let text = format!("#:module {name}\n{text}");
                quote!(&[&[#text], #(#listed),*])
            }
            None => quote!(&[&["#:module ", ::insula::rt::name_of::<__Module>(), "\n", #text], #(#listed),*]),
        }
    }

    /// What the definition says about `__all__`; `known` are the names that the module has.
    pub(crate) fn all(&self) -> Result<TokenStream> {
        let all = match &self.all {
            None => return Ok(TokenStream::new()),
            Some(All::Public) => quote!(::insula::rt::All::Public),
            Some(All::Names(names)) => {
                let names: Vec<_> = names.iter().map(|name| doc::c_string(name)).collect::<Result<_>>()?;
                quote!(::insula::rt::All::Names(&[#(#names),*]))
            }
        };
        Ok(quote!(const ALL: ::std::option::Option<::insula::rt::All> = ::std::option::Option::Some(#all);))
    }
}

/// The name of a module as a C string; where it is not known here, it begins with that of the module that it is part
/// of.
pub(crate) fn module_name(known: Option<&str>, own: &str) -> Result<TokenStream> {
    match known {
        Some(name) => Ok(doc::c_string(name)?.to_token_stream()),
        None => Ok(doc::joined(&quote!(
            ::insula::rt::qualified::<<__Module as ::insula::rt::Listed>::Module>(#own)
        ))),
    }
}

/// How CPython finds the module: by a function of the library, or as part of the module that lists it.
///
/// With it goes what the module says about itself, for stub files: data that nothing reads at run time, under a name
/// that `insula stubs` looks for.
pub(crate) fn export(options: &ModuleOptions, own_name: &str, stub: &TokenStream) -> Result<TokenStream> {
    if !options.submodule {
        let (init, export) = (format!("PyInit_{own_name}"), format!("PyModExport_{own_name}"));
        let symbol = format!("INSULA_STUBS_{own_name}");
        return Ok(quote! {
            ::insula::__export_module!(__TABLE, init = #init, export = #export);
            const __LINES: &[&[&str]] = #stub;
            #[unsafe(export_name = #symbol)]
            static __STUBS: [u8; ::insula::rt::all_len(__LINES)] = ::insula::rt::all_bytes(__LINES);
        });
    }
    let own_name = doc::c_string(own_name)?;
    Ok(quote! {
        // SAFETY: the table is that of this module.
        unsafe impl ::insula::rt::SubmoduleDef for __Module {
            const OWN_NAME: &'static ::std::ffi::CStr = #own_name;
            fn table() -> &'static ::insula::rt::ModuleTable {
                &__TABLE
            }
        }
        const __LINES: &[&[&str]] = #stub;
        const __STUBS: [u8; ::insula::rt::all_len(__LINES)] = ::insula::rt::all_bytes(__LINES);
        impl ::insula::rt::Described for __Module {
            const STUB: &'static [&'static str] = &[::insula::rt::utf8(&__STUBS)];
        }
        // Of modules that are part of each other, there is no end to count to.
        const _: usize = <__Module as ::insula::rt::ModuleDef>::DEPTH;
    })
}
