//! `#[class]` and `#[exception]`: types that every module object makes for itself.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Fields, ItemImpl, ItemStruct, Path, Result};

use crate::class_options::Options;
use crate::class_stub;
use crate::doc;
use crate::emit::local;
use crate::handler::Names;
use crate::instance::type_impls;
use crate::member::{self, Member};
use crate::methods::{ClassTokens, Methods};
use crate::trace::{brand, branded, of_enum, of_struct};
use crate::variants::Part;

/// Where a class finds what belongs to it, beside itself, in the module's table.
#[derive(Default)]
pub(crate) struct Places {
    /// The type of the objects with its fields.
    pub(crate) fields: Option<TokenStream>,
    /// Its state.
    pub(crate) state: Option<TokenStream>,
    /// The type of its state, with the brands `'py` and `'static`.
    pub(crate) state_brands: (TokenStream, TokenStream),
}

/// A class that is expanded, with what is known around it.
pub(crate) struct Class<'a> {
    /// The module's name, where that is known here.
    pub(crate) module: Option<&'a str>,
    /// Its place in the module's table.
    pub(crate) index: TokenStream,
    pub(crate) item: &'a ItemStruct,
    pub(crate) options: &'a Options,
    pub(crate) members: &'a [Member],
    pub(crate) places: &'a Places,
    /// The classes that are declared before it.
    pub(crate) before: &'a [(ItemStruct, Options)],
}

impl Class<'_> {
    /// Expands it with its members and its `#[methods]` blocks.
    pub(crate) fn expand(
        &self,
        blocks: &mut [&mut ItemImpl],
        names: &mut Names,
        lines: &mut String,
    ) -> Result<TokenStream> {
        let base = self.base()?;
        let brand = brand(&self.item.generics, "a class")?;
        let tokens = self.tokens(brand.as_ref(), &base)?;
        let mut methods = Methods::of(&self.item.ident);
        for block in blocks {
            methods.add(block, &tokens, names)?;
        }
        methods.finish_slots(&tokens);
        lines.push_str(&class_stub::lines(self.item, self.options, self.members, &methods.stub));
        for member in self.members {
            methods.taken.add(&member.name, member.field.span(), "the class")?;
        }
        let mut getset = methods.getset()?;
        getset.extend(member::expand(self.members, &tokens, &mut methods.handlers)?);
        let (further_getset, further_methods) = self.further_tables();
        getset.extend(further_getset);
        methods.methods.extend(further_methods);
        let trace = self.trace(brand.as_ref())?;
        let tables = tables(&methods, &getset);
        let definition = self.definition(&tokens, &self.parts(&tokens, &methods, &base)?, &base, brand.as_ref())?;
        let state = self.state(&tokens, &methods)?;
        let (handlers, type_impls) = (&methods.handlers, type_impls(&tokens, self.options.part.as_ref()));
        let enumeration = self.options.part.as_ref().map(Part::enumeration).transpose()?;
        // Private items in a block of their own: the names of the expansion meet no name of the user's.
        Ok(quote! {
            #[allow(non_camel_case_types, unused_variables, clippy::all)]
            const _: () = {
                #trace
                #(#handlers)*
                #tables
                #definition
                #state
                #type_impls
                #enumeration
            };
        })
    }

    /// The type that implements `Base`: what the class derives from. The traits and constants of that type decide
    /// whether it may; what is known from the spelling only makes better messages.
    pub(crate) fn base(&self) -> Result<TokenStream> {
        if self.options.base_from.is_some() {
            return Ok(quote!(::insula::rt::RuntimeBase));
        }
        let Some(base) = &self.options.base else { return Ok(quote!(::insula::rt::NoBase)) };
        let Some((parent, parent_options)) = self.before.iter().find(|(other, _)| base.is_ident(&other.ident)) else {
            let base = with_brand(base, "'static");
            return Ok(quote!(#base));
        };
        if !parent_options.subclassable {
            let message = format!("`{}` is not #[class(subclassable)]", parent.ident);
            return Err(Error::new_spanned(base, message));
        }
        if parent_options.mutable && !self.options.mutable {
            let message = format!("`{}` is mutable, so its subclasses are: #[class(mutable)]", parent.ident);
            return Err(Error::new_spanned(base, message));
        }
        if parent_options.base_from.is_some() {
            let message = format!(
                "the base of `{0}` is found when the module is executed, and so is what derives from it: base_from = a \
                 function that returns `{0}`",
                parent.ident
            );
            return Err(Error::new_spanned(base, message));
        }
        Ok(branded(&parent.ident, brand(&parent.generics, "a class")?.as_ref(), "'static"))
    }

    pub(crate) fn tokens(&self, brand: Option<&syn::Lifetime>, base: &TokenStream) -> Result<ClassTokens> {
        let name = &self.item.ident;
        let own = branded(name, brand, "'py");
        let python_name = self.options.python_name(name);
        Ok(ClassTokens {
            name: name.clone(),
            short_name: doc::c_string(&python_name)?.to_token_stream(),
            python_name,
            erased: branded(name, brand, "'static"),
            init: quote!(<#base as ::insula::rt::Base>::Init<'py, #own>),
            branded: own,
        })
    }

    /// The proof that the collector sees what the fields hold.
    pub(crate) fn trace(&self, brand: Option<&syn::Lifetime>) -> Result<TokenStream> {
        match &self.options.part {
            Some(Part::Units(item) | Part::Data(item)) => of_enum(item, brand),
            _ => of_struct(self.item, brand),
        }
    }

    /// What the options add to the tables of attributes and of methods.
    pub(crate) fn further_tables(&self) -> (Option<TokenStream>, Option<TokenStream>) {
        let Options { dict, generic, .. } = self.options;
        (dict.then(|| quote!(::insula::rt::DICT_GETSET)), generic.then(|| quote!(::insula::rt::CLASS_GETITEM)))
    }

    /// Whether a class without a constructor has that of its base.
    pub(crate) fn inherits(&self) -> bool {
        (self.options.base.is_some() || self.options.base_from.is_some()) && self.item.fields.is_empty()
    }

    /// How instances are made, and the docstring, which then begins with the signature.
    fn constructor(&self, tokens: &ClassTokens, methods: &Methods, base: &TokenStream) -> (TokenStream, String) {
        let text = doc::text(&self.item.attrs);
        match &methods.new {
            Some((new, accepts)) => (new.clone(), doc::with_signature(&tokens.python_name, None, accepts, &text)),
            None if self.inherits() => (quote!(::insula::rt::inherited_new::<#base>()), text),
            None => (quote!(::insula::rt::New::Absent), text),
        }
    }

    /// What only a class with a runtime base defines.
    fn runtime_base(&self) -> TokenStream {
        let (Some(find), Some(fields)) = (&self.options.base_from, &self.places.fields) else {
            return TokenStream::new();
        };
        let own = local("module", find.span());
        let call = quote_spanned!(find.span()=> #find(#own));
        quote! {
            const FIELDS: usize = #fields;
            fn find_base<'py>(
                #own: &::insula::rt::Obj<'py, ::insula::rt::Module>,
            ) -> ::insula::rt::PyResult<'py, ::insula::rt::Obj<'py, ::insula::types::Type>> {
                #call
            }
        }
    }

    /// What the methods make of it, where they are known here.
    fn parts(&self, tokens: &ClassTokens, methods: &Methods, base: &TokenStream) -> Result<Parts> {
        let (new, text) = self.constructor(tokens, methods, base);
        let Methods { slots, attributes, pickles, .. } = methods;
        Ok(Parts {
            new,
            doc: doc::c_string(&text)?.to_token_stream(),
            slots: quote!(&[#(#slots),*]),
            attributes: quote!(&[#(#attributes),*]),
            pickles: quote!(#pickles),
        })
    }

    /// What `#[class]` says about the class.
    pub(crate) fn definition(
        &self,
        tokens: &ClassTokens,
        parts: &Parts,
        base: &TokenStream,
        brand: Option<&syn::Lifetime>,
    ) -> Result<TokenStream> {
        let qualified = qualified(self.options.module.as_deref().or(self.module), &tokens.python_name)?;
        let qualname = match &self.options.qualname {
            None => quote!(::std::option::Option::None),
            Some(qualname) => {
                let qualname = doc::c_string(qualname)?;
                quote!(::std::option::Option::Some(#qualname))
            }
        };
        let Options { subclassable, mutable, weakref, dict, .. } = self.options;
        let freelist = self.options.freelist.as_ref().map_or_else(|| quote!(0), |count| quote!(#count));
        let Parts { new, doc: text, slots, attributes, pickles } = parts;
        let (index, erased, runtime_base) = (&self.index, &tokens.erased, self.runtime_base());
        let finish = self.options.part.as_ref().map(Part::finish);
        let with_b = branded(&self.item.ident, brand, "'b");
        Ok(quote! {
            // SAFETY: the index is the class's place in the module's table, the method table is its own, and all
            // handlers are those of this class.
            unsafe impl ::insula::rt::ClassDef for #erased {
                type Of<'b> = #with_b;
                type Module = __Module;
                type Base = #base;
                const INDEX: usize = #index;
                const NAME: &'static ::std::ffi::CStr = #qualified;
                const DOC: &'static ::std::ffi::CStr = #text;
                const SUBCLASSABLE: bool = #subclassable;
                const MUTABLE: bool = #mutable;
                const PICKLES: bool = #pickles;
                const QUALNAME: ::std::option::Option<&'static ::std::ffi::CStr> = #qualname;
                const WEAKREF: bool = #weakref;
                const DICT: bool = #dict;
                const FREELIST: usize = #freelist;
                const ATTRIBUTES: &'static [::insula::rt::ClassAttribute] = #attributes;
                const NEW: ::insula::rt::New = #new;
                const SLOTS: &'static [::insula::rt::ffi::PyType_Slot] = #slots;
                #runtime_base
                #finish
                fn methods() -> *mut ::insula::rt::ffi::PyMethodDef {
                    __METHODS.as_ptr()
                }
                fn getset() -> *mut ::insula::rt::ffi::PyGetSetDef {
                    __GETSET.as_ptr()
                }
            }
        })
    }

    /// How the state of the class is made, if it has one.
    fn state(&self, tokens: &ClassTokens, methods: &Methods) -> Result<TokenStream> {
        let (function, index) = match (&self.options.state, &methods.class_state, &self.places.state) {
            (None, None, _) => return Ok(TokenStream::new()),
            (Some(_), Some(function), Some(index)) => (function, index),
            (Some(state), None, _) => {
                let message = "a #[class_state] function of the class makes the state";
                return Err(Error::new_spanned(state, message));
            }
            (_, Some(function), _) => {
                return Err(Error::new_spanned(function, "the class has no state: #[class(state = Type)]"));
            }
        };
        let mut class = tokens.name.clone();
        class.set_span(function.span());
        let make = quote_spanned! {function.span()=>
            ::insula::rt::constructed(class.py(), &class.py(), #class::#function(class))
        };
        Ok(class_state(&tokens.erased, &self.places.state_brands, index, &make))
    }
}

/// Where the state of a class has its place, and the expression that makes it of `class`.
pub(crate) fn class_state(
    erased: &TokenStream,
    (of_py, of_static): &(TokenStream, TokenStream),
    index: &TokenStream,
    make: &TokenStream,
) -> TokenStream {
    quote! {
        // SAFETY: the index is the state's place in the module's table.
        unsafe impl ::insula::rt::ClassStateDef for #erased {
            type State = #of_static;
            type Init<'py> = #of_py;
            const STATE: usize = #index;
            fn make<'py>(
                class: &::insula::rt::Obj<'py, ::insula::types::Type>,
            ) -> ::insula::rt::PyResult<'py, #of_py> {
                #make
            }
        }
    }
}

/// What the `#[methods]` of a class make of its definition: expressions.
pub(crate) struct Parts {
    pub(crate) new: TokenStream,
    pub(crate) doc: TokenStream,
    pub(crate) slots: TokenStream,
    pub(crate) attributes: TokenStream,
    pub(crate) pickles: TokenStream,
}

/// `module.Name` as a C string; where the module's name is not known here, the compiler puts it together.
fn qualified(module: Option<&str>, python_name: &str) -> Result<TokenStream> {
    match module {
        Some(module) => Ok(doc::c_string(&format!("{module}.{python_name}"))?.to_token_stream()),
        None => Ok(doc::joined(&quote!(::insula::rt::qualified::<__Module>(#python_name)))),
    }
}

/// A type as it was written, with this in place of its lifetimes: `Shape<'_>` is a base that has a brand.
pub(crate) fn with_brand(path: &Path, brand: &str) -> Path {
    let mut path = path.clone();
    if let Some(last) = path.segments.last_mut()
        && let syn::PathArguments::AngleBracketed(arguments) = &mut last.arguments
    {
        for argument in &mut arguments.args {
            if let syn::GenericArgument::Lifetime(lifetime) = argument {
                *lifetime = syn::Lifetime::new(brand, lifetime.span());
            }
        }
    }
    path
}

/// The tables that CPython reads.
fn tables(methods: &Methods, getset: &[TokenStream]) -> TokenStream {
    let methods = &methods.methods;
    let (method_count, getset_count) = (methods.len() + 1, getset.len() + 1);
    quote! {
        static __METHODS: ::insula::rt::MethodTable<#method_count> =
            ::insula::rt::MethodTable::new([#(#methods,)* ::insula::rt::MethodTable::END]);
        static __GETSET: ::insula::rt::GetSetTable<#getset_count> =
            ::insula::rt::GetSetTable::new([#(#getset,)* ::insula::rt::GetSetTable::END]);
    }
}

/// Expands one exception; the struct itself is only its name in Rust.
pub(crate) fn expand_exception(
    module: Option<&str>,
    index: &TokenStream,
    item: &ItemStruct,
    options: &Options,
) -> Result<TokenStream> {
    if !matches!(item.fields, Fields::Unit) || !item.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &item.ident,
            "an exception is declared as `struct Name;`, without fields and generics",
        ));
    }
    let name = &item.ident;
    let python_name = options.python_name(name);
    let qualified = qualified(options.module.as_deref().or(module), &python_name)?;
    let text = doc::text(&item.attrs);
    let doc = if text.is_empty() {
        quote!(::std::option::Option::None)
    } else {
        let text = doc::c_string(&text)?;
        quote!(::std::option::Option::Some(#text))
    };
    let base = options.base.as_ref().map_or_else(|| quote!(::insula::exceptions::Exception), |base| quote!(#base));
    Ok(quote! {
        // SAFETY: the index is the exception's place in the module's table.
        unsafe impl ::insula::rt::ExceptionDef for #name {
            type Module = __Module;
            type Base = #base;
            const INDEX: usize = #index;
            const NAME: &'static ::std::ffi::CStr = #qualified;
            const DOC: ::std::option::Option<&'static ::std::ffi::CStr> = #doc;
        }
        // SAFETY: an exception that derives from this one is made later, so this one's entry is a live class.
        unsafe impl ::insula::rt::ExceptionBase<__Module> for #name {
            const PLACE: ::std::option::Option<usize> = ::std::option::Option::Some(#index);
            const DEPTH: usize = <#base as ::insula::rt::ExceptionBase<__Module>>::DEPTH + 1;
            unsafe fn base_ptr(made: &[*mut ::insula::rt::ffi::PyObject]) -> *mut ::insula::rt::ffi::PyObject {
                made[#index]
            }
        }
        const _: () = ::insula::rt::check_exception::<#name>();
        impl ::insula::rt::ExceptionClass for #name {}
        impl<'py, __S: ::insula::rt::Scope<'py, Module = __Module>> ::insula::rt::Raised<'py, __S> for #name {
            fn raised(_: ::insula::rt::Py<'py>, scope: &__S, message: &str) -> ::insula::rt::PyErr<'py> {
                ::insula::rt::new_exception::<Self, __S>(scope, message)
            }
        }
    })
}
