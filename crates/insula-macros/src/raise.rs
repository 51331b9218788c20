//! Errors of the user's as exceptions: `#[derive(IntoPyErr)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Fields, GenericParam, Ident, Path, Result, Type};

/// What `#[raise(...)]` says.
enum Raise {
    /// An exception of this class.
    Class(Path),
    /// What the only field raises.
    Transparent(Path),
}

fn read(attributes: &[Attribute]) -> Result<Option<Raise>> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("raise")) {
        let path: Path = attribute.parse_args().map_err(|error| {
            let message = "name one exception: #[raise(ValueError)], or #[raise(transparent)]";
            Error::new(error.span(), message)
        })?;
        let raise = if path.is_ident("transparent") { Raise::Transparent(path) } else { Raise::Class(path) };
        if found.replace(raise).is_some() {
            return Err(Error::new_spanned(attribute, "#[raise(...)] stands only once"));
        }
    }
    Ok(found)
}

/// The arms of the conversion, and what must hold for it: a type and the trait that it implements.
#[derive(Default)]
struct Arms {
    arms: Vec<TokenStream>,
    bounds: Vec<(TokenStream, TokenStream)>,
    checks: Vec<TokenStream>,
}

impl Arms {
    /// Adds an arm for `path`, a struct or a variant.
    fn add(&mut self, path: &TokenStream, name: &Ident, fields: &Fields, raise: Option<&Raise>) -> Result<()> {
        match raise {
            None => Err(Error::new_spanned(name, "say which exception this raises: #[raise(ValueError)]")),
            Some(Raise::Class(class)) => {
                let span = class.span();
                self.bounds.push((quote!(#class), quote_spanned!(span=> ::insula::rt::Raised)));
                self.checks.push(quote_spanned!(span=> ::insula::rt::check_class::<#class>();));
                self.arms.push(quote_spanned! {span=>
                    #path { .. } => <#class as ::insula::rt::Raised<'__py, __S>>::raised(py, scope, &message)
                });
                Ok(())
            }
            Some(Raise::Transparent(word)) => {
                let mut members = fields.members().zip(fields);
                let (Some((member, field)), None) = (members.next(), members.next()) else {
                    return Err(Error::new_spanned(word, "`transparent` demands just one field"));
                };
                let (ty, span): (&Type, _) = (&field.ty, field.ty.span());
                self.bounds.push((quote!(#ty), quote_spanned!(span=> ::insula::rt::IntoPyErr)));
                self.arms.push(quote_spanned! {span=>
                    #path { #member: error } => ::insula::rt::IntoPyErr::into_py_err(error, py, scope)
                });
                Ok(())
            }
        }
    }
}

/// Expands `#[derive(IntoPyErr)]`.
pub(crate) fn expand(item: TokenStream) -> Result<TokenStream> {
    let item: DeriveInput = syn::parse2(item)?;
    let whole = read(&item.attrs)?;
    let mut arms = Arms::default();
    match &item.data {
        Data::Struct(data) => arms.add(&quote!(Self), &item.ident, &data.fields, whole.as_ref())?,
        Data::Enum(data) => {
            for variant in &data.variants {
                let name = &variant.ident;
                let own = read(&variant.attrs)?;
                arms.add(&quote!(Self::#name), name, &variant.fields, own.as_ref().or(whole.as_ref()))?;
            }
        }
        Data::Union(data) => return Err(Error::new(data.union_token.span, "a union is no error type")),
    }
    if let Some(parameter) = item.generics.params.iter().find(|parameter| !matches!(parameter, GenericParam::Type(_))) {
        let message = "an error type that is derived has no lifetimes: implement `IntoPyErr` by hand";
        return Err(Error::new_spanned(parameter, message));
    }
    let name = &item.ident;
    let (_, of, conditions) = item.generics.split_for_impl();
    let conditions = conditions.map(|conditions| conditions.predicates.to_token_stream());
    let types: Vec<_> = item.generics.type_params().collect();
    let Arms { arms, bounds, checks } = &arms;
    let at = |place: TokenStream| {
        let bounds: Vec<_> = bounds.iter().map(|(ty, of)| quote!(#ty: #of<'__py, #place>)).collect();
        quote!(where #name #of: ::core::fmt::Display + '__py, #(#bounds,)* #conditions)
    };
    let (anywhere, at_a_place) = (at(quote!(::insula::rt::Py<'__py>)), at(quote!(__S)));
    Ok(quote! {
        const _: () = { #(#checks)* };
        #[automatically_derived]
        impl<'__py, __S, #(#types),*> ::insula::rt::IntoPyErr<'__py, __S> for #name #of #at_a_place {
            fn into_py_err(self, py: ::insula::rt::Py<'__py>, scope: &__S) -> ::insula::rt::PyErr<'__py> {
                let message = ::std::string::ToString::to_string(&self);
                match self { #(#arms),* }
            }
        }
        #[automatically_derived]
        impl<'__py, #(#types),*> ::insula::rt::Anywhere<'__py> for #name #of #anywhere {}
    })
}
