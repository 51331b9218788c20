//! `#[module]`: reads the whole module and writes its tables.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Ident, ImplItem, Item, ItemConst, ItemFn, ItemImpl, ItemMod, ItemStruct, ItemUse, Result};

use crate::attribute::{self, Arg, Marker};
use crate::class::{self, Class, Places, with_brand};
use crate::class_options::Options;
use crate::class_stub;
use crate::derived;
use crate::doc;
use crate::emit::{self, Role};
use crate::handler::{self, Names, Receiver};
use crate::items::{attribute_list, gives_name, implements, needed};
use crate::list::{self, Listed, Order};
use crate::member::{self, Member};
use crate::names::{self, CallOptions, Taken};
use crate::options::{ModuleOptions, export, module_name};
use crate::state::{self, StateTokens};
use crate::stub::{Bound, Stub};
use crate::trace::{brand, branded};
use crate::variants;

const MARKERS: &[&str] = &["state", "exec", "function", "class", "methods", "exception", "constant", "module"];

/// A class or exception, in the order in which the module has them.
enum Declared {
    /// It is written in the module; its place among those.
    Own(usize),
    /// It is declared elsewhere.
    Listed(Ident),
}

/// The marked items of a module.
#[derive(Default)]
struct Parts {
    state: Option<ItemStruct>,
    exec: Option<ItemFn>,
    functions: Vec<(ItemFn, CallOptions)>,
    classes: Vec<(ItemStruct, Options)>,
    /// Of each class the fields that are attributes.
    members: Vec<Vec<Member>>,
    /// Of each class what its fields say of its constructor.
    fields: Vec<Vec<derived::Field>>,
    methods: Vec<ItemImpl>,
    exceptions: Vec<(ItemStruct, Options)>,
    /// All classes, and all exceptions.
    class_order: Vec<Declared>,
    exception_order: Vec<Declared>,
    constants: Vec<ItemConst>,
    /// Submodules that are written in the module, expanded.
    submodules: Vec<TokenStream>,
    listed: Listed,
    taken: Taken,
    /// The lines of the module's own items in a stub file.
    stub: Stub,
}

impl Parts {
    fn add(&mut self, marker: &Marker, item: Item) -> Result<()> {
        if let Item::Use(item) = item {
            return self.list(marker, item);
        }
        if matches!(marker.name.as_str(), "state" | "exec" | "methods") {
            marker.no_args()?;
        }
        match (marker.name.as_str(), item) {
            ("state", Item::Struct(item)) => set_once(&mut self.state, item, marker),
            ("exec", Item::Fn(item)) => set_once(&mut self.exec, item, marker),
            ("function", Item::Fn(mut item)) => {
                let options = CallOptions::read(Some(marker), &mut item.sig)?;
                self.functions.push((item, options));
                Ok(())
            }
            ("class", Item::Struct(mut item)) => {
                let options = Options::read(marker)?;
                self.class_order.push(Declared::Own(self.classes.len()));
                self.members.push(member::take(&mut item, options.get_all)?);
                self.fields.push(derived::take(&mut item)?);
                self.classes.push((item, options));
                Ok(())
            }
            ("class", Item::Enum(item)) => {
                for class in variants::classes(item, Options::read(marker)?)? {
                    self.class_order.push(Declared::Own(self.classes.len()));
                    self.members.push(Vec::new());
                    self.fields.push(Vec::new());
                    self.classes.push(class);
                }
                Ok(())
            }
            ("exception", Item::Struct(item)) => {
                self.exception_order.push(Declared::Own(self.exceptions.len()));
                self.exceptions.push((item, Options::read(marker)?));
                Ok(())
            }
            ("methods", Item::Impl(item)) => {
                self.methods.push(item);
                Ok(())
            }
            ("constant", Item::Const(item)) => {
                let name = constant_name(marker, &item.ident)?;
                self.taken.add(&name, item.ident.span(), "the module")?;
                self.stub.constant(&name, Some(&item.ty));
                self.listed.constants.push((name, item.ident.clone()));
                self.constants.push(item);
                Ok(())
            }
            ("module", Item::Mod(item)) => self.add_submodule(marker, item),
            (name, item) => Err(Error::new_spanned(item, format!("#[{name}] does not belong on this kind of item"))),
        }
    }

    /// Adds items that are declared elsewhere.
    fn list(&mut self, marker: &Marker, item: ItemUse) -> Result<()> {
        let names = list::names(&item)?;
        if marker.name == "constant" {
            if let ([_, _, ..], [arg, ..]) = (names.as_slice(), marker.args.as_slice()) {
                return Err(Error::new_spanned(&arg.name, "a name is for one constant"));
            }
        } else {
            marker.no_args()?;
        }
        for name in names {
            match marker.name.as_str() {
                "class" => {
                    self.listed.classes.push((self.class_order.len(), name.clone()));
                    self.class_order.push(Declared::Listed(name));
                }
                "exception" => {
                    self.listed.exceptions.push((self.exception_order.len(), name.clone()));
                    self.exception_order.push(Declared::Listed(name));
                }
                "function" => self.listed.functions.push(name),
                "module" => self.listed.submodules.push(name),
                "constant" => {
                    let python_name = constant_name(marker, &name)?;
                    self.taken.add(&python_name, name.span(), "the module")?;
                    self.stub.constant(&python_name, None);
                    self.listed.constants.push((python_name, name));
                }
                other => {
                    let message = format!("#[{other}] does not belong on a `use`: it is written in the module");
                    return Err(Error::new_spanned(&item, message));
                }
            }
        }
        self.listed.uses.push(item);
        Ok(())
    }

    /// Whether a function or method is asynchronous.
    fn has_async_functions(&self) -> bool {
        let is_async = |item: &ImplItem| matches!(item, ImplItem::Fn(function) if function.sig.asyncness.is_some());
        self.functions.iter().any(|(function, _)| function.sig.asyncness.is_some())
            || self.methods.iter().flat_map(|block| &block.items).any(is_async)
    }

    /// A module in the module: a submodule.
    fn add_submodule(&mut self, marker: &Marker, item: ItemMod) -> Result<()> {
        let mut options = ModuleOptions::of(marker.args.iter())?;
        options.submodule = true;
        self.taken.add(&options.names(&item)?.1, item.ident.span(), "the module")?;
        self.listed.submodules.push(item.ident.clone());
        self.submodules.push(expand_module(item, &options)?);
        Ok(())
    }
}

/// The name in Python of a constant.
fn constant_name(marker: &Marker, ident: &Ident) -> Result<String> {
    match marker.args.as_slice() {
        [] => Ok(Listed::python_name(ident)),
        [Arg { name, value }] if name == "name" => names::text(name, value),
        _ => Err(marker.error("#[constant] has one argument: name = \"...\"")),
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
    expand_module(syn::parse2(item)?, &ModuleOptions::read(args)?)
}

fn expand_module(mut module: ItemMod, options: &ModuleOptions) -> Result<TokenStream> {
    let Some((brace, items)) = module.content.take() else {
        let message = "#[module] needs the module's items here: `mod name { ... }`, which may list those of other \
                       files: `#[class] use file::Name;`";
        return Err(Error::new_spanned(&module, message));
    };
    let (name, own_name) = options.names(&module)?;
    let (mut parts, mut others) = (Parts::default(), Vec::new());
    for mut item in items {
        match attribute_list(&mut item).map(|attributes| attribute::take(attributes, MARKERS)).transpose()?.flatten() {
            Some(marker) => parts.add(&marker, item)?,
            None => others.push(needed(item)),
        }
    }
    let lacks = |name| parts.state.is_none() && !others.iter().any(|item| gives_name(item, name));
    let cx = lacks("Cx").then(|| {
        quote! {
            /// The module's side of a call, in a module without a state.
            #[allow(dead_code)]
            pub(crate) type Cx<'py> = ::insula::Cx<'py, __State>;
        }
    });
    let async_cx = (parts.has_async_functions() && lacks("AsyncCx")).then(|| {
        quote! {
            /// The module's side of an async function, in a module without a state.
            #[allow(dead_code)]
            pub(crate) type AsyncCx = ::insula::AsyncCx<__State>;
        }
    });
    parts.add_derived_methods()?;
    let generated = parts.expand(&name, &own_name, &doc::text(&module.attrs), options)?;
    let Parts { state, exec, functions, classes, methods, exceptions, constants, submodules, listed, .. } = &parts;
    let functions = functions.iter().map(|(item, _)| item);
    let classes = classes.iter().map(|(item, options)| options.item(item));
    let exceptions = exceptions.iter().map(|(item, _)| item);
    let uses = &listed.uses;
    let content = quote! {
        #(#others)* #(#[allow(unused_imports)] #uses)* #state #exec #(#constants)* #(#functions)* #(#classes)*
        #(#methods)* #(#exceptions)* #(#submodules)* #cx #async_cx #generated
    };
    module.content = Some((brace, vec![Item::Verbatim(content)]));
    Ok(quote!(#module))
}

impl Parts {
    /// Adds the methods that options and enums bring along, as blocks of `#[methods]`.
    fn add_derived_methods(&mut self) -> Result<()> {
        for ((item, options), fields) in self.classes.iter().zip(&self.fields) {
            let own = self.methods.iter().filter(|block| implements(block, &item.ident));
            let written: Vec<String> = own.flat_map(|block| &block.items).filter_map(derived::function_name).collect();
            self.methods.extend(derived::blocks(item, options, fields, written)?);
        }
        Ok(())
    }

    fn expand(&mut self, name: &str, own_name: &str, text: &str, options: &ModuleOptions) -> Result<TokenStream> {
        // A submodule's whole name is that of what it is part of, too.
        let known = (!options.submodule).then_some(name);
        let state = state::expand(self.state.as_ref(), self.exec.as_ref())?;
        let (places, further) = self.places()?;
        let mut names = Names { first: self.before_further() + further.len(), ..Names::default() };
        let (functions, table_entries) = self.expand_functions(&mut names)?;
        let orders = self.listed.orders(self.class_order.len(), self.exception_order.len());
        let (mut types, mut entries) = self.expand_classes(known, &orders[0], &places, &mut names)?;
        self.expand_exceptions(known, &orders[1], &mut types, &mut entries)?;
        let arrangements = self.arrangements(&orders)?;
        entries.extend(self.listed.submodules.iter().map(|submodule| {
            quote_spanned!(submodule.span()=> ::insula::rt::EntryDef::submodule::<self::#submodule::__Module>())
        }));
        entries.extend(further);
        entries.extend(names.entries()?);
        let (entry_count, all_entries) = self.listed.entries(&entries, &orders);
        let implementations = self.listed.implementations(entries.len(), &orders);
        let table_size = table_entries.len() + 1;
        let (c_name, c_doc) = (module_name(known, own_name)?, doc::c_string(text)?);
        let StateTokens { definition, brand, exec } = state;
        let once = if options.once_per_process {
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
        let (constants, all) = (self.listed.constants()?, options.all()?);
        let stub = options.stub(known, self.stub.text(), text, &self.listed.described());
        let export = export(options, own_name, &stub)?;
        let depth = options.submodule.then(|| {
            quote!(
                const DEPTH: usize = 1 + <<__Module as ::insula::rt::Listed>::Module as ::insula::rt::ModuleDef>::DEPTH;
            )
        });
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
                const ENTRIES: &'static [::insula::rt::EntryDef] = #all_entries;
                #constants
                #all
                #depth
                #[allow(unused_variables)]
                fn exec<'py>(
                    #own_module: &::insula::rt::Obj<'py, ::insula::rt::Module>,
                    #own_scope: &::insula::rt::ExecScope<'py, __Module>,
                ) -> ::insula::rt::PyResult<'py, #branded> {
                    #exec
                }
            }
            #arrangements
            #implementations
            #(#types)*
            #functions
            static __FUNCTIONS: ::insula::rt::MethodTable<#table_size> =
                ::insula::rt::MethodTable::new([#(#table_entries,)* ::insula::rt::MethodTable::END]);
            static __TABLE: ::insula::rt::ModuleTable =
                // SAFETY: the table is ended, and its functions are those of the module.
                unsafe { ::insula::rt::ModuleTable::new::<__Module>(__FUNCTIONS.as_ptr(), #c_doc) };
            #export
        })
    }

    /// How many entries of the table come before those that a class has beside itself.
    fn before_further(&self) -> usize {
        self.class_order.len() + self.exception_order.len() + self.listed.submodules.len()
    }

    /// The classes, and their entries in the module's table.
    fn expand_classes(
        &mut self,
        module: Option<&str>,
        order: &Order,
        places: &[Places],
        names: &mut Names,
    ) -> Result<(Vec<TokenStream>, Vec<TokenStream>)> {
        let (mut types, mut entries, mut lines) = (Vec::new(), Vec::new(), String::new());
        for (place, declared) in self.class_order.iter().enumerate() {
            let index = match declared {
                Declared::Own(index) => *index,
                Declared::Listed(name) => {
                    entries.push(quote_spanned!(name.span()=> <self::#name as ::insula::rt::ClassItem>::ENTRY));
                    continue;
                }
            };
            let (item, options) = &self.classes[index];
            if !options.hidden {
                self.taken.add(&options.python_name(&item.ident), item.ident.span(), "the module")?;
            }
            let mut blocks: Vec<&mut ItemImpl> =
                self.methods.iter_mut().filter(|block| implements(block, &item.ident)).collect();
            let (members, places, before) = (&self.members[index], &places[index], &self.classes[..index]);
            let index = order.place(place);
            let class = Class { module, index, item, options, members, places, before };
            types.push(class.expand(&mut blocks, names, &mut lines)?);
            let erased = branded(&item.ident, brand(&item.generics, "a class")?.as_ref(), "'static");
            let kind = format_ident!("{}", options.kind());
            entries.push(quote!(::insula::rt::EntryDef::#kind::<#erased>()));
        }
        self.stub.raw(&lines);
        let of_none = |block: &&ItemImpl| !self.classes.iter().any(|(item, _)| implements(block, &item.ident));
        if let Some(block) = self.methods.iter().find(of_none) {
            return Err(Error::new_spanned(&block.self_ty, "#[methods] of a type that is no #[class] of this module"));
        }
        Ok((types, entries))
    }

    /// The exceptions, which follow the classes. A base among the module's own exceptions has its place before the one
    /// that derives from it.
    fn expand_exceptions(
        &mut self,
        module: Option<&str>,
        order: &Order,
        types: &mut Vec<TokenStream>,
        entries: &mut Vec<TokenStream>,
    ) -> Result<()> {
        let mut declared: Vec<&Ident> = Vec::new();
        for (place, each) in self.exception_order.iter().enumerate() {
            let (item, options) = match each {
                Declared::Own(index) => &self.exceptions[*index],
                Declared::Listed(name) => {
                    entries.push(quote_spanned!(name.span()=> ::insula::rt::EntryDef::exception::<self::#name>()));
                    continue;
                }
            };
            if let Some(base) = self.exceptions.iter().find(|(other, _)| options.base_is(&other.ident))
                && !declared.contains(&&base.0.ident)
            {
                return Err(Error::new_spanned(&item.ident, "an exception is declared after the one it derives from"));
            }
            declared.push(&item.ident);
            self.taken.add(&options.python_name(&item.ident), item.ident.span(), "the module")?;
            self.stub.raw(class_stub::of_exception(item, options).text());
            types.push(class::expand_exception(module, &order.place(place), item, options)?);
            let ident = &item.ident;
            entries.push(quote!(::insula::rt::EntryDef::exception::<#ident>()));
        }
        Ok(())
    }

    /// The constants with the places of classes and exceptions, where some are listed.
    fn arrangements(&self, [classes, exceptions]: &[Order; 2]) -> Result<TokenStream> {
        let mut depths = Vec::new();
        for declared in &self.class_order {
            let class = match declared {
                Declared::Listed(name) => quote_spanned!(name.span()=> self::#name),
                Declared::Own(index) => {
                    let item = &self.classes[*index].0;
                    branded(&item.ident, brand(&item.generics, "a class")?.as_ref(), "'static")
                }
            };
            let span = class.span();
            let base = quote_spanned!(span=> <#class as ::insula::rt::ClassDef>::Base);
            depths.push(quote_spanned!(span=> <#base as ::insula::rt::Base>::DEPTH));
        }
        let classes = classes.definition(&depths);
        depths.clear();
        for declared in &self.exception_order {
            let name = match declared {
                Declared::Listed(name) => name,
                Declared::Own(index) => &self.exceptions[*index].0.ident,
            };
            let base = quote!(<self::#name as ::insula::rt::ExceptionDef>::Base);
            depths.push(quote!(<#base as ::insula::rt::ExceptionBase<__Module>>::DEPTH));
        }
        let exceptions = exceptions.definition(&depths);
        Ok(quote!(#classes #exceptions))
    }

    /// What the classes have in the module's table beside themselves: the places, and the entries, which follow the
    /// exceptions.
    fn places(&self) -> Result<(Vec<Places>, Vec<TokenStream>)> {
        let (mut places, mut entries) = (Vec::new(), Vec::new());
        let first = self.before_further();
        for (item, options) in &self.classes {
            let erased = |item: &ItemStruct, with| {
                brand(&item.generics, "a class").map(|brand| branded(&item.ident, brand.as_ref(), with))
            };
            let class = erased(item, "'static")?;
            let mut own = Places::default();
            if options.base_from.is_some() {
                let place = first + entries.len();
                own.fields = Some(quote!(#place));
                entries.push(quote!(::insula::rt::EntryDef::fields::<#class>()));
            }
            if let Some(state) = &options.state {
                let of = self.classes.iter().find(|(item, options)| options.hidden && state.is_ident(&item.ident));
                own.state_brands = match of {
                    Some((item, _)) => (erased(item, "'py")?, erased(item, "'static")?),
                    None if self.lists_class(state) => {
                        let (of_py, of_static) = (with_brand(state, "'py"), with_brand(state, "'static"));
                        (quote!(#of_py), quote!(#of_static))
                    }
                    None => return Err(Error::new_spanned(state, "the state is a #[class(hidden)] of this module")),
                };
                let place = first + entries.len();
                own.state = Some(quote!(#place));
                entries.push(quote!(::insula::rt::EntryDef::class_state::<#class>()));
            }
            places.push(own);
        }
        Ok((places, entries))
    }

    /// Whether a type is that of a class that the module lists.
    fn lists_class(&self, path: &syn::Path) -> bool {
        let last = path.segments.last().map(|segment| &segment.ident);
        path.segments.len() == 1 && self.listed.classes.iter().any(|(_, name)| Some(name) == last)
    }

    /// The handlers of the module functions and their table entries.
    fn expand_functions(&mut self, names: &mut Names) -> Result<(TokenStream, Vec<TokenStream>)> {
        let (mut handlers, mut entries) = (Vec::new(), Vec::new());
        for (function, options) in &self.functions {
            let ident = &function.sig.ident;
            let python_name = options.name_or(ident);
            self.taken.add(&python_name, ident.span(), "the module")?;
            let c_name = doc::c_string(&python_name)?.to_token_stream();
            let handler = handler::read(&quote!(#ident), &function.sig, Receiver::None, options, &c_name, names)?;
            let ty = format_ident!("__function_{python_name}");
            handlers.push(emit::function(&ty, Role::Function, &python_name, &handler)?);
            let own = doc::text(&function.attrs);
            self.stub.function(Bound::Function, &python_name, &function.sig, options, &own);
            let doc = doc::c_string(&doc::with_signature(&python_name, Some("$module"), &handler.text, &own))?;
            entries.push(quote!(::insula::rt::function_def::<#ty>(#doc)));
        }
        entries.extend(
            self.listed
                .functions
                .iter()
                .map(|name| quote_spanned!(name.span()=> <self::#name as ::insula::rt::FunctionItem>::DEF)),
        );
        Ok((quote!(#(#handlers)*), entries))
    }
}
