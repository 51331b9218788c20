//! Conversions of user types: `#[derive(FromPy)]` and `#[derive(IntoPy)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{
    Attribute, Data, DeriveInput, Error, Field, Fields, GenericParam, Generics, Ident, Lifetime, LitStr, Member,
    Result, Type, WherePredicate, parse_quote,
};

/// What `#[py(...)]` says on a type, variant or field.
#[derive(Default)]
struct Options {
    /// Read fields by `object["name"]` instead of `object.name`.
    item: bool,
    /// The one field stands for the whole.
    transparent: bool,
    /// `Default::default()` where the field is missing.
    default: bool,
    /// The name in Python.
    name: Option<LitStr>,
}

/// Reads `#[py(...)]`; `allowed` are the words that mean something here.
fn options(attributes: &[Attribute], allowed: &[&str]) -> Result<Options> {
    let mut options = Options::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("py")) {
        attribute.parse_nested_meta(|meta| {
            let word = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
            match word.as_str() {
                known if !allowed.contains(&known) => {
                    return Err(meta.error(format!("expected {}", allowed.join(", "))));
                }
                "item" => options.item = true,
                "transparent" => options.transparent = true,
                "default" => options.default = true,
                _ => options.name = Some(meta.value()?.parse()?),
            }
            Ok(())
        })?;
    }
    Ok(options)
}

/// How the fields of a struct or variant correspond to a Python object.
enum Shape<'a> {
    /// The one field is the object itself.
    Transparent(Member, &'a Field),
    /// The items of a `tuple`.
    Tuple(Vec<(Member, &'a Field)>),
    /// Attributes, or items of a mapping.
    Named(Vec<Named<'a>>),
    /// A `str`: the name of a variant without fields.
    Unit(LitStr),
}

struct Named<'a> {
    member: Member,
    field: &'a Field,
    name: LitStr,
    item: bool,
    default: bool,
}

impl<'a> Shape<'a> {
    /// `name` is that of the type or the variant.
    fn of(fields: &'a Fields, options: &Options, item: bool, name: &Ident) -> Result<Self> {
        let mut members = fields.members().zip(fields);
        let tuple = matches!(fields, Fields::Unnamed(_));
        if options.transparent || (tuple && fields.len() == 1) {
            return match (members.next(), members.next()) {
                (Some((member, field)), None) => Ok(Shape::Transparent(member, field)),
                _ => Err(Error::new_spanned(name, "`transparent` demands just one field")),
            };
        }
        match fields {
            Fields::Unnamed(_) => Ok(Shape::Tuple(members.collect())),
            Fields::Named(_) => {
                members.map(|(member, field)| Named::of(member, field, item)).collect::<Result<_>>().map(Shape::Named)
            }
            Fields::Unit => {
                let own = LitStr::new(&name.to_string(), name.span());
                Ok(Shape::Unit(options.name.clone().unwrap_or(own)))
            }
        }
    }

    /// The fields' types.
    fn types(&self) -> Vec<&'a Type> {
        match self {
            Shape::Transparent(_, field) => vec![&field.ty],
            Shape::Tuple(fields) => fields.iter().map(|(_, field)| &field.ty).collect(),
            Shape::Named(fields) => fields.iter().map(|named| &named.field.ty).collect(),
            Shape::Unit(_) => Vec::new(),
        }
    }

    /// An expression of the type `Result<Self, PyErr>`; `path` makes the value, and `owner` is its name for messages.
    fn reading(&self, path: &TokenStream, owner: &str) -> TokenStream {
        match self {
            Shape::Transparent(member, field) => {
                let ty = &field.ty;
                let made = match member {
                    Member::Named(name) => quote!(#path { #name: value }),
                    Member::Unnamed(_) => quote!(#path(value)),
                };
                quote_spanned!(ty.span()=> ::insula::FromPy::from_py(argument).map(|value: #ty| #made))
            }
            Shape::Tuple(fields) => {
                let count = fields.len();
                let values = fields.iter().enumerate().map(|(index, (_, field))| {
                    let ty = &field.ty;
                    quote_spanned! {ty.span()=>
                        ::insula::rt::derive::element::<_, #ty>(argument, #owner, tuple, #index)?
                    }
                });
                quote! {
                    ::insula::rt::derive::tuple(argument, #count)
                        .and_then(|tuple| ::core::result::Result::Ok(#path(#(#values),*)))
                }
            }
            Shape::Named(fields) => {
                let values = fields.iter().map(|named| named.reading(owner));
                quote!((|| ::core::result::Result::Ok(#path { #(#values),* }))())
            }
            Shape::Unit(name) => quote!(::insula::rt::derive::unit(argument, #name).map(|()| #path {})),
        }
    }

    /// A pattern that binds the fields, and an expression of the type `PyResult<Obj>` over them.
    fn writing(&self) -> (TokenStream, TokenStream) {
        match self {
            Shape::Transparent(member, _) => (quote!({ #member: value }), quote!(::insula::IntoPy::into_py(value, py))),
            Shape::Tuple(fields) => {
                let names: Vec<_> = (0..fields.len()).map(|index| format_ident!("__field{index}")).collect();
                let members = fields.iter().map(|(member, _)| member);
                let values = quote!(::std::vec![#(::insula::IntoPy::into_py(#names, py)?),*]);
                (quote!({ #(#members: #names),* }), quote!(::insula::rt::derive::new_tuple(py, #values)))
            }
            Shape::Named(fields) => {
                let names: Vec<_> = (0..fields.len()).map(|index| format_ident!("__field{index}")).collect();
                let members = fields.iter().map(|named| &named.member);
                let keys = fields.iter().map(|named| &named.name);
                let value = quote! {{
                    let dict = ::insula::rt::derive::dict(py)?;
                    #(::insula::rt::derive::put(&dict, #keys, #names)?;)*
                    ::core::result::Result::Ok(dict.into_any())
                }};
                (quote!({ #(#members: #names),* }), value)
            }
            Shape::Unit(name) => (quote!({}), quote!(::insula::IntoPy::into_py(#name, py))),
        }
    }
}

impl<'a> Named<'a> {
    fn of(member: Member, field: &'a Field, item: bool) -> Result<Self> {
        let options = options(&field.attrs, &["item", "default", "name"])?;
        let own = field.ident.as_ref().map(|ident| ident.to_string()).unwrap_or_default();
        let own = LitStr::new(own.trim_start_matches("r#"), field.span());
        let name = options.name.unwrap_or(own);
        Ok(Named { member, field, name, item: item || options.item, default: options.default })
    }

    fn reading(&self, owner: &str) -> TokenStream {
        let Named { member, name, .. } = self;
        let ty = &self.field.ty;
        let place = if self.item { quote!(Item) } else { quote!(Attribute) };
        let default = if self.default {
            quote_spanned!(ty.span()=> ::core::option::Option::Some(<#ty as ::core::default::Default>::default))
        } else {
            quote!(::core::option::Option::None)
        };
        quote_spanned! {ty.span()=>
            #member: ::insula::rt::derive::field::<_, #ty>(
                argument, #owner, ::insula::rt::derive::Place::#place(#name), #default
            )?
        }
    }
}

/// A type and its shapes: that of a struct, or one for each variant of an enum.
struct Convertible<'a> {
    item: &'a DeriveInput,
    brand: Option<Lifetime>,
    shapes: Vec<(Option<&'a Ident>, Shape<'a>)>,
}

impl<'a> Convertible<'a> {
    fn of(item: &'a DeriveInput) -> Result<Self> {
        let brand = brand(&item.generics)?;
        let whole = options(&item.attrs, &["item", "transparent"])?;
        let shapes = match &item.data {
            Data::Struct(data) => {
                if matches!(data.fields, Fields::Unit) {
                    return Err(Error::new_spanned(
                        &item.ident,
                        "a struct without fields corresponds to no Python object",
                    ));
                }
                vec![(None, Shape::of(&data.fields, &whole, whole.item, &item.ident)?)]
            }
            Data::Enum(data) => {
                if data.variants.is_empty() || whole.transparent {
                    return Err(Error::new_spanned(
                        &item.ident,
                        "an enum needs variants; `transparent` belongs on them",
                    ));
                }
                let variants = data.variants.iter().map(|variant| {
                    let options = options(&variant.attrs, &["item", "transparent", "name"])?;
                    let item = whole.item || options.item;
                    Ok((Some(&variant.ident), Shape::of(&variant.fields, &options, item, &variant.ident)?))
                });
                variants.collect::<Result<_>>()?
            }
            Data::Union(data) => {
                return Err(Error::new(data.union_token.span, "a union corresponds to no Python object"));
            }
        };
        Ok(Convertible { item, brand, shapes })
    }

    /// The types of fields whose conversion depends on a parameter of this type: the implementation must demand it. One
    /// that contains this type itself is left out: demanding it would never end.
    fn dependent(&self) -> Vec<&'a Type> {
        let parameters: Vec<&Ident> = self.item.generics.params.iter().map(parameter_name).collect();
        let mut types: Vec<&'a Type> = self.shapes.iter().flat_map(|(_, shape)| shape.types()).collect();
        types.retain(|ty| {
            let mut search =
                Search { parameters: &parameters, own: &self.item.ident, dependent: false, recursive: false };
            search.visit_type(ty);
            search.dependent && !search.recursive
        });
        types
    }
}

/// Looks for the parameters of a type, and for the type itself.
struct Search<'a> {
    parameters: &'a [&'a Ident],
    own: &'a Ident,
    dependent: bool,
    recursive: bool,
}

impl Visit<'_> for Search<'_> {
    fn visit_ident(&mut self, ident: &Ident) {
        self.dependent |= self.parameters.contains(&ident);
        self.recursive |= ident == self.own;
    }
}

fn parameter_name(parameter: &GenericParam) -> &Ident {
    match parameter {
        GenericParam::Lifetime(parameter) => &parameter.lifetime.ident,
        GenericParam::Type(parameter) => &parameter.ident,
        GenericParam::Const(parameter) => &parameter.ident,
    }
}

/// The lifetime of the brand: the only one that the type may have.
fn brand(generics: &Generics) -> Result<Option<Lifetime>> {
    let mut lifetimes = generics.lifetimes();
    let brand = lifetimes.next().map(|parameter| parameter.lifetime.clone());
    match lifetimes.next() {
        None => Ok(brand),
        Some(second) => {
            let message =
                "a converted type has at most one lifetime, its brand: what it holds is its own, not borrowed";
            Err(Error::new_spanned(second, message))
        }
    }
}

/// The generics of an implementation: those of the type, `added` in front, and a bound for each dependent field.
fn implementation(
    convertible: &Convertible<'_>,
    added: &[GenericParam],
    bound: impl Fn(&Type) -> WherePredicate,
) -> Generics {
    let mut generics = convertible.item.generics.clone();
    let own = std::mem::take(&mut generics.params);
    let (lifetimes, others): (Vec<_>, Vec<_>) =
        added.iter().cloned().chain(own).partition(|parameter| matches!(parameter, GenericParam::Lifetime(_)));
    generics.params.extend(lifetimes.into_iter().chain(others));
    let bounds: Vec<_> = convertible.dependent().into_iter().map(bound).collect();
    generics.make_where_clause().predicates.extend(bounds);
    generics
}

/// Expands `#[derive(FromPy)]`.
pub(crate) fn from_py(item: TokenStream) -> Result<TokenStream> {
    let item: DeriveInput = syn::parse2(item)?;
    let convertible = Convertible::of(&item)?;
    for ty in convertible.shapes.iter().flat_map(|(_, shape)| shape.types()) {
        if matches!(ty, Type::Reference(_)) {
            let message = "the object that a field is made from is let go of at once: the field must own what it \
                           holds, such as a `String` or an `Obj`";
            return Err(Error::new_spanned(ty, message));
        }
    }
    let name = &item.ident;
    let owner = name.to_string();
    let py = convertible.brand.clone().unwrap_or_else(|| parse_quote!('__py));
    let mut added: Vec<GenericParam> = vec![parse_quote!('__a), parse_quote!(__S)];
    if convertible.brand.is_none() {
        added.push(parse_quote!(#py));
    }
    let generics =
        implementation(&convertible, &added, |ty| parse_quote!(#ty: for<'__item> ::insula::FromPy<'__item, #py, __S>));
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, own_generics, _) = item.generics.split_for_impl();
    let body = match &convertible.shapes[..] {
        [(None, shape)] => shape.reading(&quote!(#name), &owner),
        variants => {
            let attempts = variants.iter().filter_map(|(variant, shape)| {
                let variant = (*variant)?;
                let attempt = shape.reading(&quote!(#name::#variant), &format!("{owner}::{variant}"));
                let variant = variant.to_string();
                Some(quote! {
                    let attempt: ::core::result::Result<Self, ::insula::PyErr<#py>> = #attempt;
                    match attempt {
                        ::core::result::Result::Ok(value) => return ::core::result::Result::Ok(value),
                        ::core::result::Result::Err(error) => variants.failed(argument.py(), #variant, error)?,
                    }
                })
            });
            quote! {
                let mut variants = ::insula::rt::derive::Variants::new();
                #(#attempts)*
                ::core::result::Result::Err(variants.error(argument, #owner))
            }
        }
    };
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics ::insula::FromPy<'__a, #py, __S> for #name #own_generics #where_clause {
            fn from_py(
                argument: &::insula::Argument<'__a, #py, '_, __S>,
            ) -> ::core::result::Result<Self, ::insula::PyErr<#py>> {
                let _level = ::insula::rt::derive::Level::enter(argument.py())?;
                #body
            }
        }
    })
}

/// Expands `#[derive(IntoPy)]`.
pub(crate) fn into_py(item: TokenStream) -> Result<TokenStream> {
    let item: DeriveInput = syn::parse2(item)?;
    let convertible = Convertible::of(&item)?;
    let name = &item.ident;
    let py = convertible.brand.clone().unwrap_or_else(|| parse_quote!('__py));
    let added: Vec<GenericParam> = if convertible.brand.is_none() { vec![parse_quote!(#py)] } else { Vec::new() };
    let generics = implementation(&convertible, &added, |ty| parse_quote!(#ty: ::insula::IntoPy<#py>));
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, own_generics, _) = item.generics.split_for_impl();
    let arms = convertible.shapes.iter().map(|(variant, shape)| {
        let (pattern, value) = shape.writing();
        match variant {
            Some(variant) => quote!(#name::#variant #pattern => #value,),
            None => quote!(#name #pattern => #value,),
        }
    });
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics ::insula::IntoPy<#py> for #name #own_generics #where_clause {
            fn into_py(
                self,
                py: ::insula::Py<#py>,
            ) -> ::core::result::Result<::insula::Obj<#py>, ::insula::PyErr<#py>> {
                match self { #(#arms)* }
            }
        }
    })
}
