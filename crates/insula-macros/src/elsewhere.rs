//! `#[class]`, `#[methods]`, `#[function]` and `#[exception]` on items that stand outside their module, which lists
//! them.
//!
//! The expansion is that of an item inside; only where the module is needed, it asks what the module says about the
//! item (`insula::rt::Listed`).

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, Ident, Item, ItemFn, ItemImpl, ItemStruct, Path, Result, Type};

use crate::attribute::Marker;
use crate::class::{self, Class, Parts, Places, with_brand};
use crate::class_options::Options;
use crate::class_stub;
use crate::derived;
use crate::doc;
use crate::emit::{self, Role};
use crate::handler::{self, Names, Receiver};
use crate::instance::type_impls;
use crate::member::{self, Member};
use crate::methods::{ClassTokens, Methods};
use crate::names::CallOptions;
use crate::stub::{Bound, Stub};
use crate::trace::brand;
use crate::variants::{self, Part};

/// What the module says about an item: `Module`, `INDEX` or `FURTHER`.
fn listed(ty: &TokenStream, what: &str) -> TokenStream {
    let what = Ident::new(what, ty.span());
    quote_spanned!(ty.span()=> <#ty as ::insula::rt::Listed>::#what)
}

/// The module of an item, under the name that the expansion has for it.
fn module(ty: &TokenStream) -> TokenStream {
    let module = listed(ty, "Module");
    quote_spanned!(ty.span()=> type __Module = #module;)
}

/// A function.
pub(crate) fn function(marker: &Marker, item: TokenStream) -> Result<TokenStream> {
    let mut item: ItemFn = syn::parse2(item)?;
    if let Some(receiver) = item.sig.receiver() {
        let message = "a function of a class is a method: #[methods] on the `impl` reads it, and it needs no marker, \
                       or #[method]";
        return Err(Error::new_spanned(receiver, message));
    }
    let options = CallOptions::read(Some(marker), &mut item.sig)?;
    let (ident, vis) = (&item.sig.ident, &item.vis);
    let own_name = ident.unraw().to_string();
    if PRIMITIVES.contains(&own_name.as_str()) {
        let message =
            format!("a function outside its module cannot be called as a type is: #[function(name = \"{own_name}\")]");
        return Err(Error::new_spanned(ident, message));
    }
    let python_name = options.name_or(ident);
    let ty = ident.to_token_stream();
    let module = module(&ty);
    let mut names = Names { base: Some(listed(&ty, "FURTHER")), ..Names::default() };
    let c_name = doc::c_string(&python_name)?.to_token_stream();
    let handler = handler::read(&ty, &item.sig, Receiver::None, &options, &c_name, &mut names)?;
    let handler_ty = format_ident!("__function_{python_name}");
    let handler_impl = emit::function(&handler_ty, Role::Function, &python_name, &handler)?;
    let text = doc::text(&item.attrs);
    let doc = doc::c_string(&doc::with_signature(&python_name, Some("$module"), &handler.text, &text))?;
    let entries = names.entries()?;
    let mut stub = Stub::default();
    stub.function(Bound::Function, &python_name, &item.sig, &options, &text);
    let described = described(&ty, &[stub.text().to_token_stream()]);
    Ok(quote! {
        #item
        // A type of the function's name, as a function has none that can be named.
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis enum #ident {}
        const _: () = {
            #module
            #handler_impl
            // SAFETY: the handler is that of the function, and the names are those of its parameters.
            unsafe impl ::insula::rt::FunctionItem for #ident {
                const DEF: ::insula::rt::ffi::PyMethodDef = ::insula::rt::function_def::<#handler_ty>(#doc);
                const FURTHER: &'static [::insula::rt::EntryDef] = &[#(#entries),*];
            }
            #described
        };
    })
}

/// The lines of an item in a stub file.
fn described(ty: &TokenStream, lines: &[TokenStream]) -> TokenStream {
    quote! {
        impl ::insula::rt::Described for #ty {
            const STUB: &'static [&'static str] = &[#(#lines),*];
        }
    }
}

/// What a type of this name would hide.
const PRIMITIVES: &[&str] = &[
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
    "f32", "f64",
];

/// An exception.
pub(crate) fn exception(marker: &Marker, item: TokenStream) -> Result<TokenStream> {
    let item: ItemStruct = syn::parse2(item)?;
    let ty = item.ident.to_token_stream();
    let module = module(&ty);
    let options = Options::read(marker)?;
    let exception = class::expand_exception(None, &listed(&ty, "INDEX"), &item, &options)?;
    let described = described(&ty, &[class_stub::of_exception(&item, &options).text().to_token_stream()]);
    Ok(quote! {
        #item
        const _: () = {
            #module
            #exception
            #described
        };
    })
}

/// What `#[class]` stands on: the class, and the variants of an enum.
struct Read {
    classes: Vec<(ItemStruct, Options)>,
    members: Vec<Member>,
    fields: Vec<derived::Field>,
}

fn read(marker: &Marker, item: TokenStream) -> Result<Read> {
    let options = Options::read(marker)?;
    match syn::parse2(item)? {
        Item::Struct(mut item) => {
            let members = member::take(&mut item, options.get_all)?;
            let fields = derived::take(&mut item)?;
            Ok(Read { classes: vec![(item, options)], members, fields })
        }
        Item::Enum(item) => {
            Ok(Read { classes: variants::classes(item, options)?, members: Vec::new(), fields: Vec::new() })
        }
        item => Err(Error::new_spanned(item, "#[class] does not belong on this kind of item")),
    }
}

/// A class, or an enum, without its `#[methods]` block.
pub(crate) fn class(marker: &Marker, item: TokenStream) -> Result<TokenStream> {
    let Read { classes, members, fields } = read(marker, item)?;
    let (item, options) = &classes[0];
    let brand = brand(&item.generics, "a class")?;
    let erased = crate::trace::branded(&item.ident, brand.as_ref(), "'static");
    let module = module(&erased);
    let methods = quote_spanned!(item.ident.span()=> <#erased>::INSULA_METHODS);
    let (places, entries) = places(&classes, &erased, &methods)?;
    let index = listed(&erased, "INDEX");
    let class = Class { module: None, index, item, options, members: &members, places: &places.own, before: &[] };
    let base = class.base()?;
    let tokens = class.tokens(brand.as_ref(), &base)?;

    // The names of parameters come behind those of the `#[methods]` block and the other entries.
    let mut names = Names { base: Some(places.first.clone()), first: entries.len(), ..Names::default() };
    let mut blocks = derived::blocks(item, options, &fields, Vec::new())?;
    let mut derived = Methods::of(&item.ident);
    for block in &mut blocks {
        derived.add(block, &tokens, &mut names)?;
    }
    derived.finish_slots(&tokens);
    let lines = class_stub::lines(item, options, &members, &Stub::default());
    let mut own_lines = if options.hidden { String::new() } else { derived.stub.text().to_owned() };
    let variants = expand_variants(&classes, &places, &mut names, &mut own_lines, &mut blocks)?;
    let further = further(&methods, &entries, &names.entries()?);

    let mut getset = derived.getset()?;
    for member in &members {
        derived.taken.add(&member.name, member.field.span(), "the class")?;
    }
    getset.extend(member::expand(&members, &tokens, &mut derived.handlers)?);
    let (further_getset, further_methods) = class.further_tables();
    getset.extend(further_getset);
    derived.methods.extend(further_methods);
    let parts = class_parts(&class, &base, &methods, &derived)?;
    let definition = class.definition(&tokens, &parts, &base, brand.as_ref())?;
    let state = state(options, &erased, &places.own);
    let (trace, type_impls) = (class.trace(brand.as_ref())?, type_impls(&tokens, options.part.as_ref()));
    let enumeration = options.part.as_ref().map(Part::enumeration).transpose()?;
    let tables = tables(&methods, &getset, &derived.methods, &derived.slots, derived.new.is_some());
    let lines =
        if options.hidden { Vec::new() } else { vec![quote!(#lines), quote!(#methods.stub()), quote!(#own_lines)] };
    let described = described(&erased, &lines);
    let kind = format_ident!("{}", options.kind());
    let (ident, vis, short_name, handlers) = (&item.ident, &item.vis, &tokens.short_name, &derived.handlers);
    let entry_macro = format_ident!("{}", if brand.is_some() { "__list_branded" } else { "__list" });
    let items = classes.iter().map(|(item, options)| options.item(item));
    Ok(quote! {
        #(#items)*
        #(#blocks)*
        // What a module that lists the class calls to say so: only here is known whether the class has a brand.
        #[doc(hidden)]
        #[allow(unused_imports)]
        #vis use ::insula::#entry_macro as #ident;
        #[allow(non_camel_case_types, unused_variables, clippy::all)]
        const _: () = {
            #[allow(unused_imports, reason = "the class may have a #[methods] block")]
            use ::insula::rt::NoMethods as _;
            #module
            #trace
            #(#handlers)*
            #tables
            #definition
            #state
            #type_impls
            #enumeration
            #described
            // SAFETY: the entries are those of the class, in the order of its places.
            unsafe impl ::insula::rt::ClassItem for #erased {
                const NAME: &'static ::std::ffi::CStr = #short_name;
                const ENTRY: ::insula::rt::EntryDef = ::insula::rt::EntryDef::#kind::<#erased>();
                const FURTHER: &'static [::insula::rt::EntryDef] = #further;
            }
            #(#variants)*
        };
    })
}

/// The classes of the variants of an enum; adds their methods to `blocks`.
fn expand_variants(
    classes: &[(ItemStruct, Options)],
    places: &ElsewherePlaces,
    names: &mut Names,
    lines: &mut String,
    blocks: &mut Vec<ItemImpl>,
) -> Result<Vec<TokenStream>> {
    let mut variants = Vec::new();
    for (place, (item, options)) in classes.iter().enumerate().skip(1) {
        let (index, none) = (places.variant(place), Places::default());
        let class = Class { module: None, index, item, options, members: &[], places: &none, before: &classes[..1] };
        let mut own = derived::blocks(item, options, &[], Vec::new())?;
        variants.push(class.expand(&mut own.iter_mut().collect::<Vec<_>>(), names, lines)?);
        blocks.extend(own);
    }
    Ok(variants)
}

/// What the methods make of the class: those of its `#[methods]` block, which only the compiler knows, and those that
/// it has from its options, or as an enum.
fn class_parts(class: &Class<'_>, base: &TokenStream, methods: &TokenStream, derived: &Methods) -> Result<Parts> {
    let own_name = class.options.python_name(&class.item.ident);
    let mut text = doc::text(&class.item.attrs);
    let new = match &derived.new {
        Some((new, accepts)) => {
            text = doc::with_signature(&own_name, None, accepts, &text);
            new.clone()
        }
        None if class.inherits() => quote!(::insula::rt::inherited_new::<#base>()),
        None => quote!(::insula::rt::New::Absent),
    };
    let (slots, pickles) = (&derived.slots, derived.pickles);
    Ok(Parts {
        new: quote!(#methods.new_or(#new)),
        doc: doc::joined(&quote!(::insula::rt::class_doc(#own_name, &#methods, #text))),
        slots: match slots.first() {
            None => quote!(#methods.slots()),
            Some(fill) => joined(&quote!(::insula::rt::ffi::PyType_Slot), &[quote!(#methods.slots())], slots, fill),
        },
        attributes: quote!(#methods.attributes()),
        pickles: quote!(#methods.pickles() || #pickles),
    })
}

/// One list, of lists that only the compiler knows and of what is known here.
fn joined(ty: &TokenStream, lists: &[TokenStream], known: &[TokenStream], fill: &TokenStream) -> TokenStream {
    let count = known.len();
    quote!(&::insula::rt::join::<#ty, { #(#lists.len() +)* #count }>(&[#(#lists,)* &[#(#known),*]], #fill))
}

/// The places of what a class has in the table beside itself.
struct ElsewherePlaces {
    own: Places,
    /// Where they begin: behind the names of the parameters of its `#[methods]` block.
    first: TokenStream,
    /// How many come before the variants of an enum.
    before_variants: usize,
}

impl ElsewherePlaces {
    fn place(&self, index: usize) -> TokenStream {
        let first = &self.first;
        quote!(#first + #index)
    }

    /// That of a variant, the first of which is `1`.
    fn variant(&self, number: usize) -> TokenStream {
        self.place(self.before_variants + number - 1)
    }
}

/// The places of what a class has in the table beside itself, and these entries but for the names.
fn places(
    classes: &[(ItemStruct, Options)],
    erased: &TokenStream,
    methods: &TokenStream,
) -> Result<(ElsewherePlaces, Vec<TokenStream>)> {
    let (further, options) = (listed(erased, "FURTHER"), &classes[0].1);
    let first = quote!(#further + #methods.names().len());
    let mut entries = Vec::new();
    let mut places = ElsewherePlaces { own: Places::default(), first, before_variants: 0 };
    if options.base_from.is_some() {
        places.own.fields = Some(places.place(entries.len()));
        entries.push(quote!(::insula::rt::EntryDef::fields::<#erased>()));
    }
    if let Some(state) = &options.state {
        places.own.state = Some(places.place(entries.len()));
        let (of_py, of_static) = (with_brand(state, "'py"), with_brand(state, "'static"));
        places.own.state_brands = (quote!(#of_py), quote!(#of_static));
        entries.push(quote!(::insula::rt::EntryDef::class_state::<#erased>()));
    }
    places.before_variants = entries.len();
    for (variant, options) in &classes[1..] {
        let (ident, kind) = (&variant.ident, format_ident!("{}", options.kind()));
        entries.push(quote!(::insula::rt::EntryDef::#kind::<#ident>()));
    }
    Ok((places, entries))
}

/// All of the entries that a class has in the table beside itself.
fn further(methods: &TokenStream, entries: &[TokenStream], names: &[TokenStream]) -> TokenStream {
    let known: Vec<TokenStream> = entries.iter().chain(names).cloned().collect();
    let fill = quote!(::insula::rt::NO_ENTRY);
    joined(&quote!(::insula::rt::EntryDef), &[quote!(#methods.names())], &known, &fill)
}

/// How the state of the class is made: by the function that the `#[methods]` block marks.
fn state(options: &Options, erased: &TokenStream, places: &Places) -> Option<TokenStream> {
    let (state, index) = (options.state.as_ref()?, places.state.as_ref()?);
    let make = quote_spanned!(state.span()=> <#erased>::insula_class_state(class));
    Some(class::class_state(erased, &places.state_brands, index, &make))
}

/// The tables that CPython reads: of the `#[methods]` block, and of what the class has without it. Neither has anything
/// that the other has.
fn tables(
    methods: &TokenStream,
    getset: &[TokenStream],
    own_methods: &[TokenStream],
    slots: &[TokenStream],
    has_new: bool,
) -> TokenStream {
    let (method_count, getset_count) = (own_methods.len() + 1, getset.len() + 1);
    quote! {
        static __METHODS: ::insula::rt::MethodTable<{ #methods.methods().len() + #method_count }> =
            ::insula::rt::MethodTable::new(::insula::rt::join(
                &[#methods.methods(), &[#(#own_methods),*]],
                ::insula::rt::MethodTable::END,
            ));
        static __GETSET: ::insula::rt::GetSetTable<{ #methods.getset().len() + #getset_count }> =
            ::insula::rt::GetSetTable::new(::insula::rt::join(
                &[#methods.getset(), &[#(#getset),*]],
                ::insula::rt::GetSetTable::END,
            ));
        const _: () = #methods.check_beside(&[#(#own_methods),*], &[#(#getset),*], &[#(#slots),*], #has_new);
    }
}

/// The methods of a class.
pub(crate) fn methods(item: TokenStream) -> Result<TokenStream> {
    let mut item: ItemImpl = syn::parse2(item)?;
    let Type::Path(self_ty) = &*item.self_ty else {
        return Err(Error::new_spanned(&item.self_ty, "#[methods] is for a #[class]"));
    };
    let path = self_ty.path.clone();
    let tokens = tokens(&path)?;
    let erased = tokens.erased.clone();
    let module = module(&erased);
    let mut names = Names { base: Some(listed(&erased, "FURTHER")), ..Names::default() };
    let mut methods = Methods::of(&tokens.name);
    methods.add(&mut item, &tokens, &mut names)?;
    methods.finish_slots(&tokens);
    let getset = methods.getset()?;
    let stub = methods.stub.text();
    let Methods { handlers, methods: table, slots, new, class_state, pickles, attributes, .. } = &methods;
    let (new, signature) = match new {
        Some((new, parameters)) => {
            let parameters = parameters.join(", ");
            (quote!(::std::option::Option::Some(#new)), quote!(::std::option::Option::Some(#parameters)))
        }
        None => (quote!(::std::option::Option::None), quote!(::std::option::Option::None)),
    };
    let class_state = class_state.as_ref().map(|function| {
        let class = &tokens.name;
        let make = quote_spanned! {function.span()=>
            ::insula::rt::constructed(class.py(), &class.py(), #class::#function(class))
        };
        quote! {
            #[doc(hidden)]
            pub fn insula_class_state<'py>(
                class: &::insula::rt::Obj<'py, ::insula::types::Type>,
            ) -> ::insula::rt::PyResult<'py, <#erased as ::insula::rt::ClassStateDef>::Init<'py>> {
                #make
            }
        }
    });
    let entries = names.entries()?;
    Ok(quote! {
        #item
        #[allow(non_camel_case_types, unused_variables, clippy::all)]
        const _: () = {
            #module
            #(#handlers)*
            impl #erased {
                // SAFETY: the handlers are those of this class.
                #[doc(hidden)]
                pub const INSULA_METHODS: ::insula::rt::Methods<#erased> = unsafe {
                    ::insula::rt::Methods::new(
                        &[#(#table),*],
                        &[#(#getset),*],
                        &[#(#slots),*],
                        &[#(#attributes),*],
                        #new,
                        #signature,
                        #pickles,
                        &[#(#entries),*],
                        #stub,
                    )
                };
                #class_state
            }
        };
    })
}

/// The class of a `#[methods]` block, as far as the block knows it.
fn tokens(path: &Path) -> Result<ClassTokens> {
    let (erased, branded) = (with_brand(path, "'static"), with_brand(path, "'py"));
    let Some(last) = path.segments.last() else {
        return Err(Error::new_spanned(path, "#[methods] is for a #[class]"));
    };
    let name = last.ident.clone();
    Ok(ClassTokens {
        python_name: name.unraw().to_string(),
        short_name: quote!(<#erased as ::insula::rt::ClassItem>::NAME),
        init: quote!(
            <<#erased as ::insula::rt::ClassDef>::Base as ::insula::rt::Base>::Init<'py, #branded>
        ),
        erased: quote!(#erased),
        branded: quote!(#branded),
        name,
    })
}
