//! The proof that data can be stored: `Trace`.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Error, Fields, GenericParam, Generics, Ident, ItemEnum, ItemStruct, Lifetime, Result,
    TypeParam,
};

/// The brand of a type: its only generic parameter, a lifetime, if it has one.
pub(crate) fn brand(generics: &Generics, what: &str) -> Result<Option<Lifetime>> {
    let mut parameters = generics.params.iter();
    let error = |item: &dyn ToTokens| {
        let message = format!("{what} has at most one generic parameter, the lifetime of its brand: `<'py>`");
        Err(Error::new_spanned(item.to_token_stream(), message))
    };
    let brand = match parameters.next() {
        None => return Ok(None),
        Some(GenericParam::Lifetime(parameter)) if parameter.bounds.is_empty() => parameter.lifetime.clone(),
        Some(other) => return error(other),
    };
    match parameters.next() {
        Some(other) => error(other),
        None => match &generics.where_clause {
            Some(clause) => Err(Error::new_spanned(clause, format!("{what} has no where clause"))),
            None => Ok(Some(brand)),
        },
    }
}

/// `Name<'brand>`, or `Name` for a type without a brand.
pub(crate) fn branded(name: &Ident, brand: Option<&Lifetime>, with: &str) -> TokenStream {
    let with = Lifetime::new(with, name.span());
    if brand.is_some() { quote!(#name<#with>) } else { quote!(#name) }
}

/// Expands `#[derive(Trace)]`.
pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let mut item: DeriveInput = syn::parse2(item)?;
    let types = take_types(&mut item.generics);
    let brand = brand(&item.generics, "a traced type")?;
    let variants = match &item.data {
        Data::Struct(data) => vec![(None, &data.fields)],
        Data::Enum(data) => data.variants.iter().map(|variant| (Some(&variant.ident), &variant.fields)).collect(),
        Data::Union(data) => {
            return Err(Error::new(data.union_token.span, "a union cannot be traced"));
        }
    };
    implementation(&item.ident, brand.as_ref(), &types, &item.attrs, &variants)
}

/// Takes the type parameters, which a traced type may have beside its brand: a field of such a type is neither plain
/// data nor traced, so they occur only behind what is either, such as `Obj<'py, T>`.
fn take_types(generics: &mut Generics) -> Vec<TypeParam> {
    let mut types = Vec::new();
    for parameter in std::mem::take(&mut generics.params) {
        match parameter {
            GenericParam::Type(mut parameter) => {
                (parameter.eq_token, parameter.default) = (None, None);
                types.push(parameter);
            }
            other => generics.params.push(other),
        }
    }
    types
}

/// The implementation for a struct that `#[class]` or `#[state]` marks.
pub(crate) fn of_struct(item: &ItemStruct, brand: Option<&Lifetime>) -> Result<TokenStream> {
    implementation(&item.ident, brand, &[], &item.attrs, &[(None, &item.fields)])
}

/// The implementation for an enum that `#[class]` marks.
pub(crate) fn of_enum(item: &ItemEnum, brand: Option<&Lifetime>) -> Result<TokenStream> {
    let variants: Vec<_> = item.variants.iter().map(|variant| (Some(&variant.ident), &variant.fields)).collect();
    implementation(&item.ident, brand, &[], &item.attrs, &variants)
}

fn implementation(
    name: &Ident,
    brand: Option<&Lifetime>,
    types: &[TypeParam],
    attributes: &[Attribute],
    variants: &[(Option<&Ident>, &Fields)],
) -> Result<TokenStream> {
    for attribute in attributes {
        let packed = attribute.path().is_ident("repr") && attribute.to_token_stream().to_string().contains("packed");
        if packed {
            return Err(Error::new_spanned(attribute, "a packed type cannot be traced: its fields cannot be borrowed"));
        }
    }
    // The pattern names every field, without `..`: a field that another macro adds after this one does not compile.
    let (mut trace, mut clear, mut holds) = (Vec::new(), Vec::new(), Vec::new());
    for (variant, fields) in variants {
        let path = variant.map_or_else(|| quote_spanned!(name.span()=> Self), |variant| quote!(Self::#variant));
        let named = |(index, field): (usize, &syn::Field)| format_ident!("__field{index}", span = field.ty.span());
        let names: Vec<Ident> = fields.iter().enumerate().map(named).collect();
        let bindings = fields.members().zip(&names).map(|(member, binding)| quote!(#member: #binding));
        let pattern = quote_spanned!(name.span()=> #path { #(#bindings),* });
        let (mut traced, mut cleared) = (Vec::new(), Vec::new());
        for (field, binding) in fields.iter().zip(&names) {
            let span = field.ty.span();
            match brand {
                Some(brand) if mentions(field.ty.to_token_stream(), brand) => {
                    traced
                        .push(quote_spanned!(span=> ::insula::rt::Trace::<#brand>::trace_objects(#binding, visitor);));
                    let ty = &field.ty;
                    holds.push(quote_spanned!(span=> <#ty as ::insula::rt::Trace<#brand>>::HOLDS_OBJECTS));
                    cleared.push(quote_spanned!(span=> ::insula::rt::Trace::<#brand>::clear_objects(#binding);));
                }
                _ => {
                    traced.push(quote_spanned!(span=> ::insula::rt::plain_field(#binding);));
                    cleared.push(quote!(let _ = #binding;));
                }
            }
        }
        trace.push(quote!(#pattern => { #(#traced)* }));
        clear.push(quote!(#pattern => { #(#cleared)* }));
    }
    let type_names: Vec<&Ident> = types.iter().map(|parameter| &parameter.ident).collect();
    let (visitor_brand, of) = match brand {
        Some(brand) => (quote!(#brand), quote!(#name<#brand, #(#type_names),*>)),
        None => (quote!('py), quote!(#name<#(#type_names),*>)),
    };
    let drop_generics = match brand {
        Some(brand) => quote!(<#brand, #(#types),*>),
        None => quote!(<#(#types),*>),
    };
    let must_not_drop = quote_spanned! {name.span()=>
        #[automatically_derived]
        impl #drop_generics ::insula::rt::MustNotImplDrop for #of {}
    };
    Ok(quote! {
        #[automatically_derived]
        #[allow(unused_variables)]
        // SAFETY: every field is bound by name and either traced, which its own implementation answers for, or plain
        // data.
        unsafe impl<#visitor_brand, #(#types),*> ::insula::rt::Trace<#visitor_brand> for #of {
            const HOLDS_OBJECTS: bool = false #(|| #holds)*;
            #[inline]
            fn trace_objects(&self, visitor: &mut ::insula::rt::Visitor<'_>) {
                match self { #(#trace)* }
            }
            fn clear_objects(&self) {
                match self { #(#clear)* }
            }
        }
        #must_not_drop
    })
}

/// Whether a type mentions the lifetime.
fn mentions(tokens: TokenStream, lifetime: &Lifetime) -> bool {
    let mut after_quote = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if after_quote && ident == lifetime.ident => return true,
            TokenTree::Group(group) if mentions(group.stream(), lifetime) => return true,
            TokenTree::Punct(punct) => {
                after_quote = punct.as_char() == '\'';
                continue;
            }
            _ => {}
        }
        after_quote = false;
    }
    false
}
