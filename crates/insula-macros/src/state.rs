//! `#[state]` and `#[exec]`: what a module object keeps for itself, and how that is made.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, ItemFn, ItemStruct, Result};

use crate::emit;
use crate::trace::{brand, branded, of_struct};

/// The state in the expansion.
pub(crate) struct StateTokens {
    /// The implementations.
    pub(crate) definition: TokenStream,
    /// Whether it has a brand.
    pub(crate) brand: bool,
    /// The body of the definition's `exec`.
    pub(crate) exec: TokenStream,
}

/// The module state. What CPython's memory holds is a wrapper, so that the user's type may be private where a class
/// is public.
pub(crate) fn expand(state: Option<&ItemStruct>, exec: Option<&ItemFn>) -> Result<StateTokens> {
    let wrapper = |name: TokenStream, brand: Option<&syn::Lifetime>| {
        let generics = brand.map(|_| quote!(<'x>));
        let of = |lifetime| branded(&format_ident!("__State"), brand, lifetime);
        let (of_x, of_b) = (of("'x"), of("'b"));
        let visitor = if brand.is_some() { quote!('x) } else { quote!('py) };
        let trace_generics = if brand.is_some() { quote!(<'x>) } else { quote!(<'py>) };
        quote! {
            #[doc(hidden)]
            #[repr(transparent)]
            pub struct __State #generics(#name);
            // SAFETY: as the wrapped type.
            unsafe impl #trace_generics ::insula::rt::Trace<#visitor> for #of_x {
                fn trace_objects(&self, visitor: &mut ::insula::rt::Visitor<'_>) {
                    ::insula::rt::Trace::trace_objects(&self.0, visitor);
                }
                fn clear_objects(&self) {
                    ::insula::rt::Trace::clear_objects(&self.0);
                }
            }
            // SAFETY: the same type with another brand.
            unsafe impl #generics ::insula::rt::StateDef for #of_x {
                type Of<'b> = #of_b;
                type Module = __Module;
            }
        }
    };
    let Some(item) = state else {
        if let Some(exec) = exec {
            return Err(Error::new_spanned(&exec.sig, "an #[exec] makes the #[state], which the module does not have"));
        }
        return Ok(StateTokens {
            definition: wrapper(quote!(()), None),
            brand: false,
            exec: quote!(::std::result::Result::Ok(__State(()))),
        });
    };
    let name = &item.ident;
    let brand = brand(&item.generics, "the state")?;
    let trace = of_struct(item, brand.as_ref())?;
    let (of_x, of_b) = (branded(name, brand.as_ref(), "'x"), branded(name, brand.as_ref(), "'b"));
    let generics = brand.as_ref().map(|_| quote!(<'x>));
    let exec = match exec {
        Some(exec) => {
            let asks_for_context = exec.sig.inputs.len() > 1;
            let (span, exec) = (exec.sig.output.span(), &exec.sig.ident);
            let [module, scope] = ["module", "scope"].map(|name| emit::local(name, span));
            let context = asks_for_context.then(|| quote!(, ::insula::rt::exec_context(#scope)));
            let state = quote_spanned!(span=> ::insula::rt::exec_result(#module.py(), #exec(#module #context))?);
            quote_spanned!(span=> ::std::result::Result::Ok(__State(#state)))
        }
        None if item.fields.is_empty() => quote!(::std::result::Result::Ok(__State(#name {}))),
        None => return Err(Error::new_spanned(name, "a state with fields needs an #[exec] that makes it")),
    };
    let wrapper = wrapper(of_x.clone(), brand.as_ref());
    Ok(StateTokens {
        definition: quote! {
            #trace
            #wrapper
            // SAFETY: the same type with another brand; the module's own state type wraps it transparently.
            unsafe impl #generics ::insula::rt::StateDef for #of_x {
                type Of<'b> = #of_b;
                type Module = __Module;
            }
        },
        brand: brand.is_some(),
        exec,
    })
}
