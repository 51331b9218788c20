//! `#[class]` and `#[exception]`: types that every module object makes for itself.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, Fields, ItemImpl, ItemStruct, Lit, Path, Result};

use crate::attribute::{Arg, Marker, Value};
use crate::doc;
use crate::emit::local;
use crate::handler::Names;
use crate::member::{self, Member};
use crate::methods::{ClassTokens, Methods};
use crate::trace::{brand, branded, of_struct};

/// The options of a class or exception.
#[derive(Default)]
pub(crate) struct Options {
    name: Option<String>,
    module: Option<String>,
    qualname: Option<String>,
    mutable: bool,
    base: Option<Path>,
    /// The function that finds the base when the module is executed.
    pub(crate) base_from: Option<Path>,
    /// The hidden class that the class's state is an instance of.
    pub(crate) state: Option<Path>,
    subclassable: bool,
    weakref: bool,
    dict: bool,
    generic: bool,
    pub(crate) hidden: bool,
    /// How many blocks of dead instances are kept.
    freelist: Option<syn::LitInt>,
}

impl Options {
    /// Whether the base is just this name.
    pub(crate) fn base_is(&self, name: &syn::Ident) -> bool {
        self.base.as_ref().is_some_and(|base| base.is_ident(name))
    }

    pub(crate) fn read(marker: &Marker) -> Result<Self> {
        let mut options = Options::default();
        for Arg { name, value } in &marker.args {
            match (name.to_string().as_str(), value) {
                (option @ ("name" | "module" | "qualname"), value) => {
                    let Value::Expr(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) = value else {
                        return Err(Error::new_spanned(name, format!("this is a text: {option} = \"...\"")));
                    };
                    let place = match option {
                        "name" => &mut options.name,
                        "module" => &mut options.module,
                        _ if marker.name == "class" => &mut options.qualname,
                        _ => return Err(Error::new_spanned(name, "an exception's __qualname__ is its name")),
                    };
                    *place = Some(text.value());
                }
                ("base", Value::Expr(Expr::Path(path))) => options.base = Some(path.path.clone()),
                ("base_from", Value::Expr(Expr::Path(path))) if marker.name == "class" => {
                    options.base_from = Some(path.path.clone());
                }
                ("base_from", _) if marker.name == "class" => {
                    let message = "the base comes from a function: base_from = find_base";
                    return Err(Error::new_spanned(name, message));
                }
                ("state", Value::Expr(Expr::Path(path))) if marker.name == "class" => {
                    options.state = Some(path.path.clone());
                }
                ("state", _) if marker.name == "class" => {
                    let message = "the state is a hidden class of the module: state = Type";
                    return Err(Error::new_spanned(name, message));
                }
                ("base", _) => return Err(Error::new_spanned(name, "the base is a type: base = ValueError")),
                ("subclassable", Value::None) if marker.name == "class" => options.subclassable = true,
                ("mutable", Value::None) if marker.name == "class" => options.mutable = true,
                ("weakref", Value::None) if marker.name == "class" => options.weakref = true,
                ("dict", Value::None) if marker.name == "class" => options.dict = true,
                ("generic", Value::None) if marker.name == "class" => options.generic = true,
                ("hidden", Value::None) if marker.name == "class" => options.hidden = true,
                ("freelist", value) if marker.name == "class" => {
                    let Value::Expr(Expr::Lit(ExprLit { lit: Lit::Int(count), .. })) = value else {
                        return Err(Error::new_spanned(name, "this is a number of instances: freelist = 16"));
                    };
                    options.freelist = Some(count.clone());
                }
                _ => {
                    let class = "name, module, qualname, base, base_from, state, subclassable, mutable, weakref, dict, \
                                 generic, hidden, freelist";
                    let known = if marker.name == "class" { class } else { "name, module, base" };
                    return Err(Error::new_spanned(name, format!("unknown option; #[{}] has: {known}", marker.name)));
                }
            }
        }
        if let Some(base_from) = &options.base_from
            && (options.base.is_some() || options.weakref || options.dict || options.hidden)
        {
            let message = "a class whose base is found has no other base, is not hidden, and has a `__dict__` and weak references \
                           if the base has";
            return Err(Error::new_spanned(base_from, message));
        }
        Ok(options)
    }
}

/// Where a class finds what belongs to it, beside itself, in the module's table.
#[derive(Default)]
pub(crate) struct Places {
    /// The type of the objects with its fields.
    pub(crate) fields: Option<usize>,
    /// Its state.
    pub(crate) state: Option<usize>,
    /// The type of its state, with the brands `'py` and `'static`.
    pub(crate) state_brands: (TokenStream, TokenStream),
}

/// A class that is expanded, with what is known around it.
pub(crate) struct Class<'a> {
    /// The module's name.
    pub(crate) module: &'a str,
    /// Its place in the module's table.
    pub(crate) index: usize,
    pub(crate) item: &'a ItemStruct,
    pub(crate) options: &'a Options,
    pub(crate) members: &'a [Member],
    pub(crate) places: &'a Places,
    /// The classes that are declared before it.
    pub(crate) before: &'a [(ItemStruct, Options)],
}

impl Class<'_> {
    /// Expands it with its members and its `#[methods]` blocks.
    pub(crate) fn expand(&self, blocks: &mut [&mut ItemImpl], names: &mut Names) -> Result<TokenStream> {
        let base = self.base()?;
        let brand = brand(&self.item.generics, "a class")?;
        let tokens = self.tokens(brand.as_ref(), &base);
        let mut methods = Methods::default();
        for block in blocks {
            methods.add(block, &tokens, names)?;
        }
        methods.finish_slots(&tokens);
        let mut getset = methods.getset()?;
        getset.extend(member::expand(self.members, &tokens, &mut methods.handlers)?);
        if self.options.dict {
            getset.push(quote!(::insula::rt::DICT_GETSET));
        }
        if self.options.generic {
            methods.methods.push(quote!(::insula::rt::CLASS_GETITEM));
        }
        let trace = of_struct(self.item, brand.as_ref())?;
        let tables = tables(&methods, &getset);
        let definition = self.definition(&tokens, &methods, &base, brand.as_ref())?;
        let state = self.state(&tokens, &methods)?;
        let (handlers, type_impls) = (&methods.handlers, type_impls(&tokens));
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
            };
        })
    }

    /// The type that implements `Base`: what the class derives from. The traits and constants of that type decide
    /// whether it may; what is known from the spelling only makes better messages.
    fn base(&self) -> Result<TokenStream> {
        if self.options.base_from.is_some() {
            return Ok(quote!(::insula::rt::RuntimeBase));
        }
        let Some(base) = &self.options.base else { return Ok(quote!(::insula::rt::NoBase)) };
        let Some((parent, parent_options)) = self.before.iter().find(|(other, _)| base.is_ident(&other.ident)) else {
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

    fn tokens(&self, brand: Option<&syn::Lifetime>, base: &TokenStream) -> ClassTokens {
        let name = &self.item.ident;
        let own = branded(name, brand, "'py");
        ClassTokens {
            name: name.clone(),
            python_name: self.options.name.clone().unwrap_or_else(|| name.to_string()),
            erased: branded(name, brand, "'static"),
            init: quote!(<#base as ::insula::rt::Base>::Init<'py, #own>),
            branded: own,
        }
    }

    /// How instances are made, and the docstring, which then begins with the signature.
    fn constructor(&self, tokens: &ClassTokens, methods: &Methods, base: &TokenStream) -> (TokenStream, String) {
        let text = doc::text(&self.item.attrs);
        let derives = self.options.base.is_some() || self.options.base_from.is_some();
        match &methods.new {
            Some((new, accepts)) => (new.clone(), doc::with_signature(&tokens.python_name, None, accepts, &text)),
            None if derives && self.item.fields.is_empty() => (quote!(::insula::rt::inherited_new::<#base>()), text),
            None => (quote!(::insula::rt::New::Absent), text),
        }
    }

    /// What only a class with a runtime base defines.
    fn runtime_base(&self) -> TokenStream {
        let (Some(find), Some(fields)) = (&self.options.base_from, self.places.fields) else {
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

    fn definition(
        &self,
        tokens: &ClassTokens,
        methods: &Methods,
        base: &TokenStream,
        brand: Option<&syn::Lifetime>,
    ) -> Result<TokenStream> {
        let (new, text) = self.constructor(tokens, methods, base);
        let module = self.options.module.as_deref().unwrap_or(self.module);
        let qualified = doc::c_string(&format!("{module}.{}", tokens.python_name))?;
        let text = doc::c_string(&text)?;
        let qualname = match &self.options.qualname {
            None => quote!(::std::option::Option::None),
            Some(qualname) => {
                let qualname = doc::c_string(qualname)?;
                quote!(::std::option::Option::Some(#qualname))
            }
        };
        let Options { subclassable, mutable, weakref, dict, .. } = self.options;
        let freelist = self.options.freelist.as_ref().map_or_else(|| quote!(0), |count| quote!(#count));
        let Methods { slots, attributes, pickles, .. } = methods;
        let (index, erased, runtime_base) = (self.index, &tokens.erased, self.runtime_base());
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
                const ATTRIBUTES: &'static [::insula::rt::ClassAttribute] = &[#(#attributes),*];
                const NEW: ::insula::rt::New = #new;
                const SLOTS: &'static [::insula::rt::ffi::PyType_Slot] = &[#(#slots),*];
                #runtime_base
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
        let (function, index) = match (&self.options.state, &methods.class_state, self.places.state) {
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
        let class = syn::Ident::new(&tokens.name.to_string(), function.span());
        let make = quote_spanned!(function.span()=> ::insula::rt::constructed(#class::#function(class)));
        let (erased, (of_py, of_static)) = (&tokens.erased, &self.places.state_brands);
        Ok(quote! {
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
        })
    }
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

/// What makes the user's struct the type of an object, and of a parameter.
fn type_impls(tokens: &ClassTokens) -> TokenStream {
    let ClassTokens { erased, branded, .. } = tokens;
    quote! {
        const _: usize = ::insula::rt::payload_offset::<#erased>();
        // SAFETY: the definition is the same type with the brand `'static`.
        unsafe impl<'py> ::insula::rt::Class<'py> for #branded {
            type Def = #erased;
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

/// Expands one exception; the struct itself is only its name in Rust.
pub(crate) fn expand_exception(
    module: &str,
    index: usize,
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
    let python_name = options.name.clone().unwrap_or_else(|| name.to_string());
    let module = options.module.as_deref().unwrap_or(module);
    let qualified = doc::c_string(&format!("{module}.{python_name}"))?;
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
            unsafe fn base_ptr(made: &[*mut ::insula::rt::ffi::PyObject]) -> *mut ::insula::rt::ffi::PyObject {
                made[#index]
            }
        }
        const _: () = ::insula::rt::check_exception::<#name>();
    })
}
