//! Methods that the options of a class ask for: comparisons, hash and text by the Rust traits, and a constructor that
//! takes the fields. They are written as a user would write them.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{
    Attribute, Error, Expr, Fields, Ident, ImplItem, ItemImpl, ItemStruct, Lifetime, Result, Token, parse_quote,
};

use crate::class_options::Options;
use crate::trace::{brand, branded};

/// The options that become methods.
pub(crate) const DERIVED: &[&str] = &["eq", "ord", "hash", "repr", "str", "new"];

/// What `#[field(...)]` says of a field.
#[derive(Default)]
pub(crate) struct Field {
    /// What it is where the constructor is called without it.
    default: Option<Expr>,
    /// Whether the constructor does not take it.
    skip: bool,
    /// Whether the constructor takes it by keyword only.
    keyword: bool,
}

impl Field {
    fn read(attribute: &Attribute) -> Result<Self> {
        let mut field = Field::default();
        attribute.parse_nested_meta(|meta| {
            let word = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
            match word.as_str() {
                "default" => field.default = Some(meta.value()?.parse()?),
                "skip" => field.skip = true,
                "kw_only" => field.keyword = true,
                _ => return Err(meta.error("#[field] has: default = value, skip, kw_only")),
            }
            Ok(())
        })?;
        Ok(field)
    }
}

/// Takes `#[field(...)]` off the fields of a class.
pub(crate) fn take(item: &mut ItemStruct) -> Result<Vec<Field>> {
    let mut fields = Vec::new();
    for field in &mut item.fields {
        let found = field.attrs.iter().position(|attribute| attribute.path().is_ident("field"));
        fields.push(match found {
            Some(index) => Field::read(&field.attrs.remove(index))?,
            None => Field::default(),
        });
    }
    Ok(fields)
}

/// An `impl` block for a class, with its brand named `'py`, and what declares `'py` on a function where the class has
/// none.
pub(crate) struct Block {
    of: TokenStream,
    generics: TokenStream,
    /// `<'py>`, unless the block declares it.
    pub(crate) own: TokenStream,
}

impl Block {
    pub(crate) fn new(name: &Ident, brand: Option<&Lifetime>) -> Self {
        let declared = quote!(<'py>);
        let (generics, own) = if brand.is_some() { (declared, quote!()) } else { (quote!(), declared) };
        Block { of: branded(name, brand, "'py"), generics, own }
    }

    pub(crate) fn finish(&self, functions: &[TokenStream]) -> ItemImpl {
        let Block { of, generics, .. } = self;
        parse_quote!(#[doc(hidden)] #[allow(missing_docs, dead_code)] impl #generics #of { #(#functions)* })
    }
}

/// The methods that a class has from its options and, as an enum, by itself, as blocks of `#[methods]`. An enum does
/// not get those that are written already.
pub(crate) fn blocks(
    item: &ItemStruct,
    options: &Options,
    fields: &[Field],
    mut written: Vec<String>,
) -> Result<Vec<ItemImpl>> {
    let mut blocks = Vec::from_iter(methods(item, options, fields)?);
    if let Some(part) = &options.part {
        written.extend(blocks.iter().flat_map(|block| &block.items).filter_map(function_name));
        blocks.push(part.methods(&item.ident, &written)?);
    }
    Ok(blocks)
}

/// The name of a function in a block.
pub(crate) fn function_name(item: &ImplItem) -> Option<String> {
    match item {
        ImplItem::Fn(function) => Some(function.sig.ident.unraw().to_string()),
        _ => None,
    }
}

/// The methods for the options of a class, as one more block of `#[methods]`.
fn methods(item: &ItemStruct, options: &Options, fields: &[Field]) -> Result<Option<ItemImpl>> {
    if options.derived.is_empty() {
        return Ok(None);
    }
    let brand = brand(&item.generics, "a class")?;
    let block = Block::new(&item.ident, brand.as_ref());
    let of = branded(&item.ident, brand.as_ref(), "'py");
    let mut functions = Vec::new();
    for option in &options.derived {
        let span = option.span().resolved_at(Span::mixed_site());
        let own = &block.own;
        let compare = |name: &str, of_trait: TokenStream, call: &str| {
            let (name, call) = (Ident::new(name, span), Ident::new(call, span));
            quote_spanned! {span=>
                fn #name #own (&self, other: &::insula::rt::Obj<'py, #of>) -> bool { #of_trait::#call(self, &**other) }
            }
        };
        match option.to_string().as_str() {
            "eq" => functions.push(compare("__eq__", quote_spanned!(span=> ::core::cmp::PartialEq), "eq")),
            "ord" => {
                for call in ["lt", "le", "gt", "ge"] {
                    let of_trait = quote_spanned!(span=> ::core::cmp::PartialOrd);
                    functions.push(compare(&format!("__{call}__"), of_trait, call));
                }
            }
            "hash" => {
                functions.push(quote_spanned!(span=> fn __hash__(&self) -> isize { ::insula::rt::hash_of(self) }));
            }
            "repr" => {
                let text = quote_spanned!(span=> ::insula::rt::debug_text(self));
                functions.push(quote_spanned!(span=> fn __repr__(&self) -> ::std::string::String { #text }));
            }
            "str" => {
                let text = quote_spanned!(span=> ::std::string::ToString::to_string(self));
                functions.push(quote_spanned!(span=> fn __str__(&self) -> ::std::string::String { #text }));
            }
            _ => functions.push(constructor(item, options, fields, own, option)?),
        }
    }
    let has = |name: &str| options.derived.iter().any(|option| option == name);
    if has("hash") && !has("eq") && !options.is_enum() {
        let message = "a hash goes with `eq`: what is equal has the same hash";
        return Err(Error::new(options.derived[0].span(), message));
    }
    Ok(Some(block.finish(&functions)))
}

/// `__new__` that takes the fields.
fn constructor(
    item: &ItemStruct,
    options: &Options,
    fields: &[Field],
    own: &TokenStream,
    option: &Ident,
) -> Result<TokenStream> {
    if options.derives() {
        let message = "the fields of a class that derives from another are not all its own: write #[new]";
        return Err(Error::new(option.span(), message));
    }
    if options.is_enum() {
        return Err(Error::new(option.span(), "the variants of an enum have constructors already"));
    }
    let Fields::Named(named) = &item.fields else {
        return Err(Error::new(
            option.span(),
            "`new` takes the fields by their names: they need some, or write #[new]",
        ));
    };
    let (mut positional, mut keywords) = (Vec::new(), Vec::new());
    let (mut parameters, mut values) = (Vec::new(), Vec::new());
    for (field, said) in named.named.iter().zip(fields) {
        let (Some(name), ty) = (&field.ident, &field.ty) else { continue };
        let span = syn::spanned::Spanned::span(ty);
        if said.skip {
            let default = said.default.as_ref();
            let default =
                default.map_or_else(|| quote_spanned!(span=> ::core::default::Default::default()), |d| quote!(#d));
            values.push(quote!(#name: #default));
            continue;
        }
        let parameter = match &said.default {
            Some(default) => quote!(#name = #default),
            None => quote!(#name),
        };
        if said.keyword {
            keywords.push(parameter)
        } else {
            positional.push(parameter)
        }
        parameters.push(quote!(#name: #ty));
        values.push(quote!(#name));
    }
    let star: Option<Token![*]> = (!keywords.is_empty()).then(Default::default);
    let signature = positional.into_iter().chain(star.map(|star| quote!(#star))).chain(keywords);
    let name = Ident::new("__of_fields", option.span());
    Ok(quote! {
        #[new(signature = (#(#signature),*))]
        #[allow(clippy::too_many_arguments)]
        fn #name #own (#(#parameters),*) -> Self {
            Self { #(#values),* }
        }
    })
}
