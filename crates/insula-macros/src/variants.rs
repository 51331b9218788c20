//! Enums as classes. One of unit variants has an instance for each, kept as an attribute of the class; of one with data
//! each variant is a class that derives from the enum's.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Error, Fields, Ident, ItemEnum, ItemImpl, ItemStruct, Result, Variant, parse_quote};

use crate::class_options::Options;
use crate::derived::Block;
use crate::doc;
use crate::python_type::{Direction, python_type};
use crate::trace::{brand, branded};

/// What a class has to do with an enum.
pub(crate) enum Part {
    /// It is one of unit variants.
    Units(ItemEnum),
    /// It is one with data; its variants are classes of their own.
    Data(ItemEnum),
    /// It is the variant of an enum.
    Variant(VariantOf),
}

/// A variant with data.
pub(crate) struct VariantOf {
    of: ItemEnum,
    index: usize,
}

/// The classes for an enum: its own, then those of its variants.
pub(crate) fn classes(item: ItemEnum, mut options: Options) -> Result<Vec<(ItemStruct, Options)>> {
    if let Some(option) = options.not_for_an_enum() {
        return Err(Error::new_spanned(&item.ident, format!("an enum cannot have the option `{option}`")));
    }
    if item.variants.is_empty() {
        return Err(Error::new_spanned(&item.ident, "an enum without variants has no instances: it cannot be a class"));
    }
    let (attributes, visibility, name, generics) = (&item.attrs, &item.vis, &item.ident, &item.generics);
    let own: ItemStruct = parse_quote!(#(#attributes)* #visibility struct #name #generics;);
    let is_unit = |variant: &Variant| matches!(variant.fields, Fields::Unit);
    if item.variants.iter().all(is_unit) {
        options.part = Some(Part::Units(item));
        return Ok(vec![(own, options)]);
    }
    options.subclassable = true;
    let python_name = options.python_name(name);
    let mut classes = Vec::new();
    for (index, variant) in item.variants.iter().enumerate() {
        let (docs, ident) =
            (variant.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")), class_of(&item, variant));
        let class: ItemStruct =
            parse_quote!(#(#docs)* #[doc(hidden)] #[allow(non_camel_case_types)] #visibility struct #ident;);
        let own = variant.ident.unraw().to_string();
        let part = Part::Variant(VariantOf { of: item.clone(), index });
        let mut options = options.of_variant(part);
        options.qualname = Some(format!("{python_name}.{own}"));
        options.base = Some(name.clone().into());
        options.name = Some(own);
        classes.push((class, options));
    }
    options.part = Some(Part::Data(item));
    classes.insert(0, (own, options));
    Ok(classes)
}

/// The name of the class of a variant, in Rust.
fn class_of(item: &ItemEnum, variant: &Variant) -> Ident {
    format_ident!("{}_{}", item.ident, variant.ident, span = variant.ident.span())
}

impl Part {
    /// What users see of it in Rust: the enum, once.
    pub(crate) fn item(&self) -> Option<TokenStream> {
        match self {
            Part::Units(item) | Part::Data(item) => Some(quote!(#item)),
            Part::Variant(_) => None,
        }
    }

    /// The methods that it brings along, but for those that the user wrote.
    pub(crate) fn methods(&self, name: &Ident, written: &[String]) -> Result<ItemImpl> {
        match self {
            Part::Units(item) => units(item, written),
            Part::Data(item) => Ok(Block::new(name, brand(&item.generics, "a class")?.as_ref()).finish(&[])),
            Part::Variant(variant) => variant.methods(name),
        }
    }

    /// What the definition of the class has beside that of other classes.
    pub(crate) fn finish(&self) -> TokenStream {
        let call = match self {
            Part::Units(_) => quote!(::insula::rt::finish_enum::<Self>(made)),
            Part::Data(_) => return TokenStream::new(),
            Part::Variant(variant) => {
                let name = variant.variant().ident.unraw().to_string();
                quote!(::insula::rt::finish_variant(made, #name))
            }
        };
        quote! {
            fn finish<'py>(
                made: &::insula::rt::Obj<'py, ::insula::types::Type>,
            ) -> ::insula::rt::PyResult<'py, ()> {
                #call
            }
        }
    }

    /// The body of `Class::place`, where that depends on the value.
    pub(crate) fn place(&self) -> Option<TokenStream> {
        let Part::Data(item) = self else { return None };
        let name = &item.ident;
        let arms = item.variants.iter().map(|variant| {
            let (ident, class) = (&variant.ident, class_of(item, variant));
            quote!(#name::#ident { .. } => <#class as ::insula::rt::ClassDef>::INDEX)
        });
        Some(quote!(fn place(&self) -> usize { match self { #(#arms),* } }))
    }

    /// How the variants are told apart, for an enum of unit variants.
    pub(crate) fn enumeration(&self) -> Result<TokenStream> {
        let Part::Units(item) = self else { return Ok(TokenStream::new()) };
        let name = &item.ident;
        let mut entries = Vec::new();
        for variant in &item.variants {
            let (ident, text) = (&variant.ident, doc::c_string(&variant.ident.unraw().to_string())?);
            entries.push(quote!((#text, || #name::#ident)));
        }
        let arms = item.variants.iter().enumerate().map(|(index, variant)| {
            let ident = &variant.ident;
            quote!(#name::#ident => #index)
        });
        Ok(quote! {
            impl ::insula::rt::Enumeration for #name {
                const VARIANTS: &'static [(&'static ::std::ffi::CStr, fn() -> Self)] = &[#(#entries),*];
                fn variant(&self) -> usize { match self { #(#arms),* } }
            }
        })
    }

    /// Whether values become the members that the class has already.
    pub(crate) fn has_members(&self) -> bool {
        matches!(self, Part::Units(_))
    }
}

/// `name`, `value`, and what makes members equal, hashable, readable and pickled, for an enum of unit variants.
fn units(item: &ItemEnum, written: &[String]) -> Result<ItemImpl> {
    let name = &item.ident;
    if let Some(brand) = brand(&item.generics, "a class")? {
        return Err(Error::new_spanned(brand, "an enum of unit variants holds no objects"));
    }
    let idents: Vec<&Ident> = item.variants.iter().map(|variant| &variant.ident).collect();
    let own = quote!(::insula::rt::Enumeration::variant);
    let value = quote!(match self { #(Self::#idents => Self::#idents as i128),* });
    let functions = [
        (
            "name",
            quote!(
                #[getter]
                fn name(&self) -> &'static str {
                    ::insula::rt::member_name(self)
                }
            ),
        ),
        ("value", quote!(#[getter] fn value(&self) -> i128 { #value })),
        ("__int__", quote!(fn __int__(&self) -> i128 { #value })),
        (
            "__eq__",
            quote! {
                fn __eq__<'py>(&self, other: &::insula::rt::Obj<'py, #name>) -> bool { #own(self) == #own(&**other) }
            },
        ),
        ("__hash__", quote!(fn __hash__(&self) -> isize { ::insula::rt::hash_of(&#own(self)) })),
        (
            "__repr__",
            quote! {
                fn __repr__<'py>(slf: &::insula::rt::Obj<'py, Self>) -> ::std::string::String {
                    ::std::format!("{}.{}", slf.type_name(), ::insula::rt::member_name(&**slf))
                }
            },
        ),
        (
            "__reduce__",
            quote! {
                fn __reduce__<'py>(
                    slf: &::insula::rt::Obj<'py, Self>,
                ) -> ::insula::rt::PyResult<'py, ::insula::rt::Obj<'py>> {
                    ::insula::rt::reduce_member(slf.as_any(), ::insula::rt::member_name(&**slf))
                }
            },
        ),
    ];
    let functions: Vec<TokenStream> =
        functions.into_iter().filter(|(name, _)| !written.iter().any(|other| other == name)).map(|(_, f)| f).collect();
    Ok(Block::new(name, None).finish(&functions))
}

impl VariantOf {
    fn variant(&self) -> &Variant {
        &self.of.variants[self.index]
    }

    /// The constructor, the fields as attributes, `__match_args__`, `__repr__` and `__reduce__`.
    fn methods(&self, class: &Ident) -> Result<ItemImpl> {
        let (variant, name) = (self.variant(), &self.of.ident);
        let brand = brand(&self.of.generics, "a class")?;
        let lifetime = brand.clone().unwrap_or_else(|| syn::Lifetime::new("'py", Span::call_site()));
        let (of, path) = (branded(name, brand.as_ref(), &lifetime.to_string()), &variant.ident);
        let (mut names, mut parameters, mut members, mut getters) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (index, (member, field)) in variant.fields.members().zip(&variant.fields).enumerate() {
            let parameter = field.ident.clone().unwrap_or_else(|| format_ident!("_{index}"));
            let (ty, getter) = (&field.ty, format_ident!("__field_{index}"));
            let span = syn::spanned::Spanned::span(ty);
            let python_name = parameter.unraw().to_string();
            let of = python_type(ty, Direction::Result, Some(name));
            let stub = format!("@property\ndef {python_name}(self) -> {of}: ...");
            names.push(python_name);
            getters.push(quote_spanned! {span=>
                #[getter(#parameter, stub = #stub)]
                fn #getter<#lifetime>(
                    slf: &::insula::rt::Obj<#lifetime, Self>,
                ) -> ::insula::rt::PyResult<#lifetime, ::insula::rt::Obj<#lifetime>> {
                    match &**slf.as_base() {
                        #name::#path { #member: __value, .. } => ::insula::rt::Member::get(__value, slf.py()),
                        #[allow(unreachable_patterns)]
                        _ => ::std::result::Result::Err(::insula::rt::other_variant(slf.py())),
                    }
                }
            });
            members.push(quote!(#member: #parameter));
            parameters.push((parameter, ty));
        }
        let signature = parameters.iter().map(|(parameter, _)| parameter);
        let declared = parameters.iter().map(|(parameter, ty)| quote!(#parameter: #ty));
        let named = matches!(variant.fields, Fields::Named(_));
        let mut functions = vec![quote! {
            #[new(signature = (#(#signature),*))]
            #[allow(clippy::too_many_arguments, clippy::new_ret_no_self)]
            fn __of_fields<#lifetime>(#(#declared),*) -> ::insula::With<Self, #of> {
                ::insula::With(#class, #name::#path { #(#members),* })
            }
            #[classattr]
            fn __match_args__<'py>(py: ::insula::Py<'py>) -> ::insula::rt::PyResult<'py, ::insula::rt::Obj<'py>> {
                ::insula::rt::match_args(py, &[#(#names),*])
            }
            fn __repr__<'py>(
                slf: &::insula::rt::Obj<'py, Self>,
            ) -> ::insula::rt::PyResult<'py, ::std::string::String> {
                ::insula::rt::variant_repr(slf.as_any(), &[#(#names),*], #named)
            }
            fn __reduce__<'py>(
                slf: &::insula::rt::Obj<'py, Self>,
            ) -> ::insula::rt::PyResult<'py, ::insula::rt::Obj<'py>> {
                ::insula::rt::reduce_variant(slf.as_any(), &[#(#names),*])
            }
        }];
        functions.extend(getters);
        Ok(Block::new(class, None).finish(&functions))
    }
}
