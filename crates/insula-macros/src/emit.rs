//! The one place where handlers are written: a type for each function that Python calls, with its implementation.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Result};

use crate::doc;
use crate::handler::Handler;
use crate::methods::ClassTokens;

/// A variable of the expansion. Its name meets none of the user's, neither in a default nor in the path of a function.
pub(crate) fn local(name: &str, place: Span) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(place))
}

/// What CPython finds a handler as.
#[derive(Clone, Copy)]
pub(crate) enum Role<'a> {
    /// A function of the module.
    Function,
    /// A method, slot, getter or setter, with the kind of its result.
    Method(&'a ClassTokens, &'a str),
    ClassMethod(&'a ClassTokens),
    StaticMethod,
    Constructor(&'a ClassTokens),
}

impl Role<'_> {
    /// The trait, and the types that the implementation names.
    fn associated(self) -> (TokenStream, TokenStream) {
        match self {
            Role::Function => (
                quote!(Function),
                quote!(
                    type Module = __Module;
                ),
            ),
            Role::StaticMethod => (
                quote!(StaticMethod),
                quote!(
                    type Module = __Module;
                ),
            ),
            Role::ClassMethod(ClassTokens { erased, .. }) => (quote!(ClassMethod), quote!(type Class = #erased;)),
            Role::Method(ClassTokens { erased, .. }, kind) => {
                let kind = format_ident!("{kind}");
                (quote!(Method<::insula::rt::#kind>), quote!(type Class = #erased;))
            }
            Role::Constructor(ClassTokens { erased, init, .. }) => {
                (quote!(Constructor), quote!(type Class = #erased; type Init<'py> = #init;))
            }
        }
    }

    /// The function's name, the type of its scope, its receiver, and what it returns if all goes well.
    fn signature(self) -> (Ident, TokenStream, Option<TokenStream>, TokenStream) {
        let object = quote!(::insula::rt::Obj<'py>);
        let of_class = |ClassTokens { erased, .. }: &ClassTokens| quote!(ClassScope<'py, #erased>);
        match self {
            Role::Function => (format_ident!("call"), quote!(FunctionScope<'py, __Module>), None, object),
            Role::StaticMethod => (format_ident!("call"), quote!(StaticScope<'py, __Module>), None, object),
            Role::ClassMethod(class) => {
                (format_ident!("call"), of_class(class), Some(quote!(::insula::types::Type)), object)
            }
            Role::Method(class, kind) => {
                let (kind, branded) = (format_ident!("{kind}"), &class.branded);
                let out = quote!(<::insula::rt::#kind as ::insula::rt::Kind>::Out<'py>);
                (format_ident!("call"), of_class(class), Some(quote!(#branded)), out)
            }
            Role::Constructor(class) => (format_ident!("construct"), of_class(class), None, class.init.clone()),
        }
    }

    /// The result of the call of the user's function.
    fn result(self, call: &TokenStream) -> TokenStream {
        let scope = local("scope", call.span());
        let kind = match self {
            Role::Constructor(_) => {
                let py = quote_spanned!(call.span()=> ::insula::rt::Scope::py(#scope));
                return quote_spanned!(call.span()=> ::insula::rt::constructed(#py, #scope, #call));
            }
            Role::Method(_, kind) => format_ident!("{kind}"),
            _ => format_ident!("Object"),
        };
        quote_spanned!(call.span()=> ::insula::rt::result::<::insula::rt::#kind, _, _>(#scope, #call))
    }
}

/// The handler `ty` for a function that was [read](crate::handler::read).
pub(crate) fn function(ty: &Ident, role: Role<'_>, python_name: &str, handler: &Handler) -> Result<TokenStream> {
    let (prelude, result) = (&handler.prelude, role.result(&handler.call));
    let collects = match role {
        Role::Constructor(_) => handler.collects.as_ref(),
        _ => None,
    };
    let collects = collects.map(|collects| quote!(const COLLECTS: ::insula::rt::Collects = #collects;));
    let collects = collects.unwrap_or_default();
    implementation(ty, role, python_name, &handler.shape, &collects, &quote!(#prelude #result))
}

/// The handler `ty` with this body, which uses `scope`, `slf` and `args`, and further constants.
pub(crate) fn implementation(
    ty: &Ident,
    role: Role<'_>,
    python_name: &str,
    shape: &TokenStream,
    further: &TokenStream,
    body: &TokenStream,
) -> Result<TokenStream> {
    let (of, associated) = role.associated();
    let (name, scope, slf, out) = role.signature();
    let [own_scope, own_slf, args] = ["scope", "slf", "args"].map(|name| local(name, Span::call_site()));
    let slf = slf.map(|slf| quote!(#own_slf: &'a ::insula::rt::Obj<'py, #slf>,));
    let python_name = match role {
        Role::Constructor(class) => class.short_name.clone(),
        _ => doc::c_string(python_name)?.to_token_stream(),
    };
    Ok(quote! {
        #[allow(non_camel_case_types)]
        enum #ty {}
        #[allow(unused_variables, clippy::all)]
        impl ::insula::rt::#of for #ty {
            #associated
            const NAME: &'static ::std::ffi::CStr = #python_name;
            const SHAPE: ::insula::rt::Shape = #shape;
            #further
            #[inline]
            fn #name<'a, 'py>(
                #own_scope: &'a ::insula::rt::#scope,
                #slf
                #args: ::insula::rt::Arguments<'a, 'py>,
            ) -> ::insula::rt::PyResult<'py, #out> {
                #body
            }
        }
    })
}
