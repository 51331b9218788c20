//! `#[module]`: reads the whole module and writes its tables.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, Item, ItemFn, ItemImpl, ItemMod, ItemStruct, Result, Type};

use crate::attribute::{self, Marker};
use crate::class::{self, Class, Options, Places};
use crate::doc;
use crate::emit::{self, Role};
use crate::handler::{self, Names, Receiver};
use crate::member::{self, Member};
use crate::trace::{brand, branded, of_struct};

const MARKERS: &[&str] = &["state", "exec", "function", "class", "methods", "exception"];

/// The marked items of a module.
#[derive(Default)]
struct Parts {
    state: Option<ItemStruct>,
    exec: Option<ItemFn>,
    functions: Vec<(ItemFn, Option<TokenStream>)>,
    classes: Vec<(ItemStruct, Options)>,
    /// Of each class the fields that are attributes.
    members: Vec<Vec<Member>>,
    methods: Vec<ItemImpl>,
    exceptions: Vec<(ItemStruct, Options)>,
}

impl Parts {
    fn add(&mut self, marker: &Marker, item: Item) -> Result<()> {
        if !matches!(marker.name.as_str(), "class" | "exception" | "function") {
            marker.no_args()?;
        }
        match (marker.name.as_str(), item) {
            ("state", Item::Struct(item)) => set_once(&mut self.state, item, marker),
            ("exec", Item::Fn(item)) => set_once(&mut self.exec, item, marker),
            ("function", Item::Fn(item)) => {
                self.functions.push((item, marker.signature()?));
                Ok(())
            }
            ("class", Item::Struct(mut item)) => {
                self.members.push(member::take(&mut item)?);
                self.classes.push((item, Options::read(marker)?));
                Ok(())
            }
            ("exception", Item::Struct(item)) => {
                self.exceptions.push((item, Options::read(marker)?));
                Ok(())
            }
            ("methods", Item::Impl(item)) => {
                self.methods.push(item);
                Ok(())
            }
            (name, item) => Err(Error::new_spanned(item, format!("#[{name}] does not belong on this kind of item"))),
        }
    }
}

fn set_once<T>(place: &mut Option<T>, item: T, marker: &Marker) -> Result<()> {
    if place.is_some() {
        return Err(marker.error(format!("the module has a #[{}] already", marker.name)));
    }
    *place = Some(item);
    Ok(())
}

/// Expands the attribute.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let once_per_process = match args.to_string().as_str() {
        "" => false,
        "once_per_process" => true,
        _ => return Err(Error::new_spanned(args, "#[module] has one option: once_per_process")),
    };
    let mut module: ItemMod = syn::parse2(item)?;
    let Some((brace, items)) = module.content.take() else {
        return Err(Error::new_spanned(&module, "#[module] needs the module's items here: `mod name { ... }`"));
    };
    let name = module.ident.to_string();
    if !name.is_ascii() {
        return Err(Error::new_spanned(&module.ident, "the name of an extension module is ASCII"));
    }
    let (mut parts, mut others) = (Parts::default(), Vec::new());
    for mut item in items {
        match attribute_list(&mut item).map(|attributes| attribute::take(attributes, MARKERS)).transpose()?.flatten() {
            Some(marker) => parts.add(&marker, item)?,
            None => others.push(item),
        }
    }
    let generated = parts.expand(&name, &doc::text(&module.attrs), once_per_process)?;
    let Parts { state, exec, functions, classes, methods, exceptions, .. } = &parts;
    let functions = functions.iter().map(|(item, _)| item);
    let (classes, exceptions) = (classes.iter().map(|(item, _)| item), exceptions.iter().map(|(item, _)| item));
    let content = quote!(#(#others)* #state #exec #(#functions)* #(#classes)* #(#methods)* #(#exceptions)* #generated);
    module.content = Some((brace, vec![Item::Verbatim(content)]));
    Ok(quote!(#module))
}

fn attribute_list(item: &mut Item) -> Option<&mut Vec<syn::Attribute>> {
    match item {
        Item::Struct(item) => Some(&mut item.attrs),
        Item::Fn(item) => Some(&mut item.attrs),
        Item::Impl(item) => Some(&mut item.attrs),
        Item::Enum(item) => Some(&mut item.attrs),
        Item::Union(item) => Some(&mut item.attrs),
        _ => None,
    }
}

impl Parts {
    fn expand(&mut self, name: &str, text: &str, once_per_process: bool) -> Result<TokenStream> {
        let state = self.expand_state()?;
        let (places, further) = self.places()?;
        let first = self.classes.len() + self.exceptions.len() + further.len();
        let mut names = Names { first, names: Vec::new() };
        let (functions, table_entries) = self.expand_functions(&mut names)?;
        let (mut types, mut entries) = self.expand_classes(name, &places, &mut names)?;
        self.expand_exceptions(name, &mut types, &mut entries)?;
        entries.extend(further);
        for name in &names.names {
            let name = doc::c_string(name)?;
            entries.push(quote!(::insula::rt::EntryDef::Name(#name)));
        }
        let (entry_count, table_size) = (entries.len(), table_entries.len() + 1);
        let (c_name, c_doc) = (doc::c_string(name)?, doc::c_string(text)?);
        let (init, export) = (format!("PyInit_{name}"), format!("PyModExport_{name}"));
        let StateTokens { definition, brand, exec } = state;
        let once = if once_per_process {
            quote!({
                static LOADED: ::std::sync::atomic::AtomicBool = ::std::sync::atomic::AtomicBool::new(false);
                ::std::option::Option::Some(&LOADED)
            })
        } else {
            quote!(::std::option::Option::None)
        };
        let (erased, branded) =
            if brand { (quote!(__State<'static>), quote!(__State<'py>)) } else { (quote!(__State), quote!(__State)) };
        let [own_module, own_scope] = ["module", "scope"].map(|name| emit::local(name, proc_macro2::Span::call_site()));
        Ok(quote! {
            #[doc(hidden)]
            pub enum __Module {}
            #definition
            // SAFETY: one word and one list for each entry; the indices that the classes and exceptions have are their
            // places here.
            unsafe impl ::insula::rt::ModuleDef for __Module {
                type State = #erased;
                type Objects = [*mut ::insula::rt::ffi::PyObject; #entry_count];
                type FreeLists = [::insula::rt::FreeList; #entry_count];
                const NAME: &'static ::std::ffi::CStr = #c_name;
                const ONCE: ::std::option::Option<&'static ::std::sync::atomic::AtomicBool> = #once;
                const ENTRIES: &'static [::insula::rt::EntryDef] = &[#(#entries),*];
                #[allow(unused_variables)]
                fn exec<'py>(
                    #own_module: &::insula::rt::Obj<'py, ::insula::rt::Module>,
                    #own_scope: &::insula::rt::ExecScope<'py, __Module>,
                ) -> ::insula::rt::PyResult<'py, #branded> {
                    #exec
                }
            }
            #(#types)*
            #functions
            static __FUNCTIONS: ::insula::rt::MethodTable<#table_size> =
                ::insula::rt::MethodTable::new([#(#table_entries,)* ::insula::rt::MethodTable::END]);
            static __TABLE: ::insula::rt::ModuleTable =
                // SAFETY: the table is ended, and its functions are those of the module.
                unsafe { ::insula::rt::ModuleTable::new::<__Module>(__FUNCTIONS.as_ptr(), #c_doc) };
            ::insula::__export_module!(__TABLE, init = #init, export = #export);
        })
    }

    /// The classes, and their entries in the module's table.
    fn expand_classes(
        &mut self,
        module: &str,
        places: &[Places],
        names: &mut Names,
    ) -> Result<(Vec<TokenStream>, Vec<TokenStream>)> {
        let (mut types, mut entries) = (Vec::new(), Vec::new());
        for (index, (item, options)) in self.classes.iter().enumerate() {
            let mut blocks: Vec<&mut ItemImpl> =
                self.methods.iter_mut().filter(|block| implements(block, &item.ident)).collect();
            let (members, places, before) = (&self.members[index], &places[index], &self.classes[..index]);
            let class = Class { module, index, item, options, members, places, before };
            types.push(class.expand(&mut blocks, names)?);
            let erased = branded(&item.ident, brand(&item.generics, "a class")?.as_ref(), "'static");
            let kind = match (options.hidden, &options.base_from) {
                (true, _) => format_ident!("hidden"),
                (false, Some(_)) => format_ident!("with_runtime_base"),
                (false, None) => format_ident!("class"),
            };
            entries.push(quote!(::insula::rt::EntryDef::#kind::<#erased>()));
        }
        let of_none = |block: &&ItemImpl| !self.classes.iter().any(|(item, _)| implements(block, &item.ident));
        if let Some(block) = self.methods.iter().find(of_none) {
            return Err(Error::new_spanned(&block.self_ty, "#[methods] of a type that is no #[class] of this module"));
        }
        Ok((types, entries))
    }

    /// The exceptions, which follow the classes. A base among the module's own exceptions has its place before the one
    /// that derives from it.
    fn expand_exceptions(
        &self,
        module: &str,
        types: &mut Vec<TokenStream>,
        entries: &mut Vec<TokenStream>,
    ) -> Result<()> {
        let mut declared: Vec<&syn::Ident> = Vec::new();
        for (item, options) in &self.exceptions {
            if let Some(base) = self.exceptions.iter().find(|(other, _)| options.base_is(&other.ident))
                && !declared.contains(&&base.0.ident)
            {
                return Err(Error::new_spanned(&item.ident, "an exception is declared after the one it derives from"));
            }
            declared.push(&item.ident);
            types.push(class::expand_exception(module, entries.len(), item, options)?);
            let ident = &item.ident;
            entries.push(quote!(::insula::rt::EntryDef::exception::<#ident>()));
        }
        Ok(())
    }

    /// What the classes have in the module's table beside themselves: the places, and the entries, which follow the
    /// exceptions.
    fn places(&self) -> Result<(Vec<Places>, Vec<TokenStream>)> {
        let (mut places, mut entries) = (Vec::new(), Vec::new());
        let first = self.classes.len() + self.exceptions.len();
        for (item, options) in &self.classes {
            let erased = |item: &ItemStruct, with| {
                brand(&item.generics, "a class").map(|brand| branded(&item.ident, brand.as_ref(), with))
            };
            let class = erased(item, "'static")?;
            let mut own = Places::default();
            if options.base_from.is_some() {
                own.fields = Some(first + entries.len());
                entries.push(quote!(::insula::rt::EntryDef::fields::<#class>()));
            }
            if let Some(state) = &options.state {
                let Some((item, _)) =
                    self.classes.iter().find(|(item, options)| options.hidden && state.is_ident(&item.ident))
                else {
                    return Err(Error::new_spanned(state, "the state is a #[class(hidden)] of this module"));
                };
                own.state = Some(first + entries.len());
                own.state_brands = (erased(item, "'py")?, erased(item, "'static")?);
                entries.push(quote!(::insula::rt::EntryDef::class_state::<#class>()));
            }
            places.push(own);
        }
        Ok((places, entries))
    }

    /// The module state. What CPython's memory holds is a wrapper, so that the user's type may be private where a class
    /// is public.
    fn expand_state(&self) -> Result<StateTokens> {
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
                    fn trace(&self, visitor: &mut ::insula::rt::Visitor<'_>) {
                        ::insula::rt::Trace::trace(&self.0, visitor);
                    }
                    fn clear(&self) {
                        ::insula::rt::Trace::clear(&self.0);
                    }
                }
                // SAFETY: the same type with another brand.
                unsafe impl #generics ::insula::rt::StateDef for #of_x {
                    type Of<'b> = #of_b;
                    type Module = __Module;
                }
            }
        };
        let Some(item) = &self.state else {
            if let Some(exec) = &self.exec {
                return Err(Error::new_spanned(
                    &exec.sig,
                    "an #[exec] makes the #[state], which the module does not have",
                ));
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
        let exec = match &self.exec {
            Some(exec) => {
                let asks_for_context = exec.sig.inputs.len() > 1;
                let (span, exec) = (exec.sig.output.span(), &exec.sig.ident);
                let [module, scope] = ["module", "scope"].map(|name| emit::local(name, span));
                let context = asks_for_context.then(|| quote!(, ::insula::rt::exec_context(#scope)));
                quote_spanned!(span=> ::std::result::Result::Ok(__State(::insula::rt::exec_result(#exec(#module #context))?)))
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

    /// The handlers of the module functions and their table entries.
    fn expand_functions(&self, names: &mut Names) -> Result<(TokenStream, Vec<TokenStream>)> {
        let (mut handlers, mut entries) = (Vec::new(), Vec::new());
        for (function, accepts) in &self.functions {
            let ident = &function.sig.ident;
            let python_name = ident.unraw().to_string();
            let handler =
                handler::read(&quote!(#ident), &function.sig, Receiver::None, accepts.clone(), &python_name, names)?;
            let ty = format_ident!("__function_{python_name}");
            handlers.push(emit::function(&ty, Role::Function, &python_name, &handler)?);
            let own = doc::text(&function.attrs);
            let doc = doc::c_string(&doc::with_signature(&python_name, Some("$module"), &handler.text, &own))?;
            entries.push(quote!(::insula::rt::function_def::<#ty>(#doc)));
        }
        Ok((quote!(#(#handlers)*), entries))
    }
}

/// The state in the expansion.
struct StateTokens {
    /// The implementations.
    definition: TokenStream,
    /// Whether it has a brand.
    brand: bool,
    /// The body of the definition's `exec`.
    exec: TokenStream,
}

/// Whether an `impl` block is for the type.
fn implements(block: &ItemImpl, name: &syn::Ident) -> bool {
    match &*block.self_ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| segment.ident == *name),
        _ => false,
    }
}
