//! What makes a user's type the type of objects, of parameters and of results.

use proc_macro2::TokenStream;
use quote::quote;

use crate::methods::ClassTokens;
use crate::variants::Part;

/// What makes the user's struct the type of an object, and of a parameter.
pub(crate) fn type_impls(tokens: &ClassTokens, part: Option<&Part>) -> TokenStream {
    let ClassTokens { erased, branded, .. } = tokens;
    let place = part.and_then(Part::place);
    let result = if part.is_some_and(Part::has_members) {
        quote!(::insula::rt::enum_member(scope, &self))
    } else {
        quote!(::insula::rt::new_instance(scope, self))
    };
    quote! {
        const _: usize = ::insula::rt::payload_offset::<#erased>();
        // SAFETY: the definition is the same type with the brand `'static`.
        unsafe impl<'py> ::insula::rt::Class<'py> for #branded {
            type Def = #erased;
            #place
        }
        // By value: an argument is cloned, a result becomes a new instance.
        impl<'py, __S: ::insula::rt::Scope<'py, Module = __Module>> ::insula::FromPy<'_, 'py, __S> for #branded
        where
            #branded: ::insula::rt::Cloned<'py>,
        {
            fn from_py(argument: &::insula::rt::Argument<'_, 'py, '_, __S>) -> ::insula::rt::PyResult<'py, Self> {
                ::insula::rt::downcast_class::<Self, __S>(argument)
                    .map(|object| ::insula::rt::Cloned::cloned(&**object))
            }
        }
        impl<'py, __S: ::insula::rt::Scope<'py, Module = __Module>>
            ::insula::rt::Return<'py, ::insula::rt::Object, __S> for #branded
        where
            #branded: ::insula::rt::Initializer<'py, Class = #branded>,
        {
            fn into_out(
                self,
                _: ::insula::rt::Py<'py>,
                scope: &__S,
            ) -> ::insula::rt::PyResult<'py, ::insula::rt::Obj<'py>> {
                #result
            }
        }
        impl<'py, __S: ::insula::rt::Scope<'py, Module = __Module>> ::insula::rt::Downcast<'py, __S> for #branded {
            #[inline]
            fn downcast<'a>(
                argument: &::insula::rt::Argument<'a, 'py, '_, __S>,
            ) -> ::insula::rt::PyResult<'py, &'a ::insula::rt::Obj<'py, Self>> {
                ::insula::rt::downcast_class(argument)
            }
        }
    }
}
