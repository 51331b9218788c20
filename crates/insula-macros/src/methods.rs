//! `#[methods]`: what the functions of a class become.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, Ident, ImplItem, ItemImpl, Result};

use crate::asynchronous;
use crate::attribute::{self, Arg, Marker};
use crate::doc;
use crate::emit;
use crate::handler::{self, Handler, Names, Receiver};
use crate::names::{self, CallOptions, Taken};
use crate::properties::{Part, Properties};
use crate::special::{COMPARISONS, OF_THE_CLASS, OPERATORS, PICKLING, Place, SHARED, SlotKind, objection, slot_of};
use crate::stub::{Bound, Stub};

/// The markers of functions in a `#[methods]` block.
const MARKERS: &[&str] = &[
    "new",
    "method",
    "getter",
    "setter",
    "deleter",
    "classmethod",
    "staticmethod",
    "classattr",
    "class_state",
    "function",
];

/// What the methods of one class add up to.
#[derive(Default)]
pub(crate) struct Methods {
    /// The handler types with their implementations.
    pub(crate) handlers: Vec<TokenStream>,
    /// Entries of the method table.
    pub(crate) methods: Vec<TokenStream>,
    /// Entries of the slot table.
    pub(crate) slots: Vec<TokenStream>,
    /// The constructor, and the names of its parameters.
    pub(crate) new: Option<(TokenStream, Vec<String>)>,
    properties: Properties,
    parts: Vec<(String, Ident)>,
    /// The function that makes the class's state.
    pub(crate) class_state: Option<Ident>,
    /// Whether one of them says how instances are pickled.
    pub(crate) pickles: bool,
    /// The class attributes.
    pub(crate) attributes: Vec<TokenStream>,
    /// Everything that the class has in Python.
    pub(crate) taken: Taken,
    /// Their lines in a stub file.
    pub(crate) stub: Stub,
}

/// The class that methods belong to, as the expansion writes it.
pub(crate) struct ClassTokens {
    pub(crate) name: Ident,
    pub(crate) python_name: String,
    /// The same as a C string, for messages.
    pub(crate) short_name: TokenStream,
    /// With the brand `'static`.
    pub(crate) erased: TokenStream,
    /// With the brand `'py`.
    pub(crate) branded: TokenStream,
    /// What an instance with the brand `'py` is made of.
    pub(crate) init: TokenStream,
}

impl ClassTokens {
    /// The path of a function of the class, at the place of the function for errors.
    fn path(&self, signature: &syn::Signature) -> TokenStream {
        let function = &signature.ident;
        let mut name = self.name.clone();
        name.set_span(function.span());
        quote!(#name::#function)
    }
}

impl Methods {
    /// Adds the functions of one `#[methods]` block and takes the markers off them.
    pub(crate) fn add(&mut self, item: &mut ItemImpl, class: &ClassTokens, names: &mut Names) -> Result<()> {
        for item in &mut item.items {
            match item {
                ImplItem::Fn(function) => {
                    let marker = attribute::take(&mut function.attrs, MARKERS)?;
                    let doc = doc::text(&function.attrs);
                    self.add_function(&mut function.sig, marker.as_ref(), &doc, class, names)?;
                }
                ImplItem::Const(constant) => {
                    let marker = attribute::take(&mut constant.attrs, &["classattr"])?;
                    let Some(marker) = marker else {
                        return Err(Error::new_spanned(
                            constant,
                            "mark it #[classattr], or put it into another impl block",
                        ));
                    };
                    let (ident, class) = (&constant.ident, &class.name);
                    let name = renamed(&marker)?.unwrap_or_else(|| ident.unraw().to_string());
                    self.taken.add(&name, ident.span(), "the class")?;
                    self.stub.constant(&name, Some(&constant.ty));
                    self.push_attribute(&name, &quote!(#class::#ident))?;
                }
                other => {
                    return Err(Error::new_spanned(other, "only functions and #[classattr] constants can stand here"));
                }
            }
        }
        Ok(())
    }

    fn add_function(
        &mut self,
        signature: &mut syn::Signature,
        marker: Option<&Marker>,
        doc: &str,
        class: &ClassTokens,
        names: &mut Names,
    ) -> Result<()> {
        match marker.map(|marker| (marker.name.as_str(), marker)) {
            Some(("new", marker)) => {
                if self.new.is_some() {
                    return Err(marker.error("the class has a #[new] already"));
                }
                let options = CallOptions::read(Some(marker), signature)?;
                self.stub.function(Bound::New, "__new__", signature, &options, "");
                self.add_new(signature, &options, class, names)
            }
            Some(("function", marker)) => {
                let message = "#[function] is for functions of the module: a method needs no marker, but for one with \
                               a signature: #[method(signature = (...))]; see also #[classmethod] and #[staticmethod]";
                Err(marker.error(message))
            }
            Some(("class_state", marker)) => {
                marker.no_args()?;
                if self.class_state.replace(signature.ident.clone()).is_some() {
                    return Err(marker.error("the class has a #[class_state] already"));
                }
                Ok(())
            }
            Some(("classattr", marker)) => {
                let name = renamed(marker)?.unwrap_or_else(|| signature.ident.unraw().to_string());
                self.taken.add(&name, signature.ident.span(), "the class")?;
                let of = match &signature.output {
                    syn::ReturnType::Type(_, ty) => Some(&**ty),
                    syn::ReturnType::Default => None,
                };
                self.stub.constant(&name, of);
                self.add_attribute(signature, &name, class)
            }
            Some((kind @ ("staticmethod" | "classmethod"), marker)) => {
                let options = CallOptions::read(Some(marker), signature)?;
                let receiver = if kind == "staticmethod" { Receiver::Nowhere } else { Receiver::Object };
                self.add_unbound(signature, receiver, &options, doc, class, names)
            }
            Some((kind @ ("getter" | "setter" | "deleter"), marker)) => {
                let part = Part::of(kind);
                let attribute = names::attribute_of(marker, &signature.ident, part.prefixes())?;
                if matches!(part, Part::Get) {
                    self.taken.add(&attribute, signature.ident.span(), "the class")?;
                }
                let (role, kind, arity) = part.kind();
                let receiver = if matches!(part, Part::Set) { Receiver::Setter } else { Receiver::Object };
                let handler = self.slot_handler(signature, receiver, role, &attribute, kind, arity, class)?;
                let options = CallOptions { stub: names::stub_of(marker)?, ..CallOptions::default() };
                let (bound, text) = part.bound(doc);
                self.stub.function(bound, &attribute, signature, &options, text);
                self.properties.add(&attribute, part, handler, doc, &signature.ident)
            }
            _ => {
                let options = CallOptions::read(marker, signature)?;
                self.add_named(signature, &options, marker.is_some(), doc, class, names)
            }
        }
    }

    /// A method, which its name in Python may make a special one.
    fn add_named(
        &mut self,
        signature: &syn::Signature,
        options: &CallOptions,
        marked: bool,
        doc: &str,
        class: &ClassTokens,
        names: &mut Names,
    ) -> Result<()> {
        let name = options.name_or(&signature.ident);
        if let Some(objection) = objection(&name, marked) {
            return Err(Error::new_spanned(&signature.ident, objection));
        }
        self.pickles |= PICKLING.contains(&name.as_str());
        if OF_THE_CLASS.contains(&name.as_str()) {
            return self.add_unbound(signature, Receiver::Object, options, doc, class, names);
        }
        let slot = slot_of(&name);
        if name == "__buffer__" || slot.is_some() {
            if options.signature.is_some() {
                let message = format!("CPython decides which arguments `{name}` gets: it has no signature");
                return Err(Error::new_spanned(&signature.ident, message));
            }
            self.taken.add(&name, signature.ident.span(), "the class")?;
        }
        let text = if slot.is_some() { "" } else { doc };
        if name == "__buffer__" {
            self.stub.line("def __buffer__(self, flags: $int, /) -> $memoryview: ...");
        } else {
            self.stub.function(Bound::Method, &name, signature, options, text);
        }
        match slot {
            Some(slot) => self.add_slot(signature, &name, &slot, class),
            None if name == "__buffer__" => {
                self.add_buffer(signature, class);
                Ok(())
            }
            None if name == "__call__" => self.add_call(signature, options, class, names),
            None => self.add_method(signature, options, doc, class, names),
        }
    }

    fn add_slot(&mut self, signature: &syn::Signature, name: &str, slot: &SlotKind, class: &ClassTokens) -> Result<()> {
        let receiver = match slot.place {
            Place::Operand | Place::Augmented(_) => Receiver::Operator,
            _ => Receiver::Object,
        };
        let handler = self.slot_handler(signature, receiver, "slot", name, slot.kind, slot.arity, class)?;
        let with_number = |make: &str, number: &str| {
            let (make, number) = (format_ident!("{make}"), format_ident!("{number}"));
            quote!(::insula::rt::#make::<#handler>(::insula::rt::ffi::#number))
        };
        match slot.place {
            Place::Own("inplace_power_slot") => {
                self.slots.push(with_number("inplace_power_slot", "Py_nb_inplace_power"));
            }
            Place::Own(make) => {
                let make = format_ident!("{make}");
                self.slots.push(quote!(::insula::rt::#make::<#handler>()));
            }
            Place::Unary(number) => self.slots.push(with_number("unary_slot", number)),
            Place::Binary(number) | Place::Augmented(number) => self.slots.push(with_number("binary_slot", number)),
            Place::Part | Place::Operand => self.parts.push((name.to_owned(), handler)),
        }
        Ok(())
    }

    fn add_call(
        &mut self,
        signature: &syn::Signature,
        options: &CallOptions,
        class: &ClassTokens,
        names: &mut Names,
    ) -> Result<()> {
        self.taken.add("__call__", signature.ident.span(), "the class")?;
        let (path, name) = (class.path(signature), &class.short_name);
        let handler = handler::read(&path, signature, Receiver::Object, options, name, names)?;
        let ty = self.handler(&handler, "slot", "__call__", "Object", class)?;
        self.slots.push(quote!(::insula::rt::call_slot::<#ty>()));
        Ok(())
    }

    /// A `#[classmethod]` or `#[staticmethod]`.
    fn add_unbound(
        &mut self,
        signature: &syn::Signature,
        receiver: Receiver,
        options: &CallOptions,
        doc: &str,
        class: &ClassTokens,
        names: &mut Names,
    ) -> Result<()> {
        let name = options.name_or(&signature.ident);
        self.taken.add(&name, signature.ident.span(), "the class")?;
        let is_static = receiver == Receiver::Nowhere;
        if let (false, Some(syn::FnArg::Receiver(slf))) = (is_static, signature.inputs.first()) {
            let message = "this is a method of the class: take that, as `class: &Obj<'py, Type>`";
            return Err(Error::new_spanned(slf, message));
        }
        let c_name = doc::c_string(&name)?.to_token_stream();
        let handler = handler::read(&class.path(signature), signature, receiver, options, &c_name, names)?;
        let ty = format_ident!("__method_{name}");
        let (role, make) = if is_static {
            (emit::Role::StaticMethod, quote!(static_method_def))
        } else {
            (emit::Role::ClassMethod(class), quote!(class_method_def))
        };
        self.handlers.push(emit::function(&ty, role, &name, &handler)?);
        let receiver = if is_static { None } else { Some("$type") };
        let bound = if is_static { Bound::StaticMethod } else { Bound::ClassMethod };
        self.stub.function(bound, &name, signature, options, doc);
        let doc = doc::c_string(&doc::with_signature(&name, receiver, &handler.text, doc))?;
        self.methods.push(quote!(::insula::rt::#make::<#ty>(#doc)));
        Ok(())
    }

    /// A `#[classattr]` function: called once for each type object.
    fn add_attribute(&mut self, signature: &syn::Signature, name: &str, class: &ClassTokens) -> Result<()> {
        let (mut none, options) = (Names::default(), CallOptions::default());
        let (path, c_name) = (class.path(signature), doc::c_string(name)?.to_token_stream());
        let handler = handler::read(&path, signature, Receiver::Nowhere, &options, &c_name, &mut none)?;
        if handler.arity != 0 {
            let message = "a class attribute is made without arguments, or with `py: Py<'py>`";
            return Err(Error::new_spanned(&signature.inputs, message));
        }
        self.push_attribute(name, &handler.call)
    }

    /// A class attribute with this value; `scope` is the proof of attachment.
    pub(crate) fn push_attribute(&mut self, name: &str, value: &TokenStream) -> Result<()> {
        let (name, scope) = (doc::c_string(name)?, emit::local("scope", proc_macro2::Span::call_site()));
        self.attributes.push(quote! {
            ::insula::rt::ClassAttribute {
                name: #name,
                make: |py| {
                    let #scope = &::insula::rt::StaticScope::<'_, __Module>::new(py);
                    ::insula::rt::result::<::insula::rt::Object, _, _>(#scope, #value)
                },
            }
        });
        Ok(())
    }

    fn add_method(
        &mut self,
        signature: &syn::Signature,
        options: &CallOptions,
        doc: &str,
        class: &ClassTokens,
        names: &mut Names,
    ) -> Result<()> {
        let name = options.name_or(&signature.ident);
        self.taken.add(&name, signature.ident.span(), "the class")?;
        let (path, c_name) = (class.path(signature), doc::c_string(&name)?.to_token_stream());
        let handler = handler::read(&path, signature, Receiver::Object, options, &c_name, names)?;
        let ty = self.handler(&handler, "method", &name, "Object", class)?;
        let doc = doc::c_string(&doc::with_signature(&name, Some("$self"), &handler.text, doc))?;
        self.methods.push(quote!(::insula::rt::method_def::<#ty>(#doc)));
        Ok(())
    }

    /// A handler type for a slot, getter, setter or deleter, whose number of arguments CPython decides.
    #[allow(clippy::too_many_arguments, reason = "what a handler is made of")]
    fn slot_handler(
        &mut self,
        signature: &syn::Signature,
        receiver: Receiver,
        role: &str,
        python_name: &str,
        kind: &str,
        arity: usize,
        class: &ClassTokens,
    ) -> Result<Ident> {
        if python_name != "__anext__" {
            asynchronous::forbid(signature)?;
        }
        let (mut none, options) = (Names::default(), CallOptions::default());
        let (path, c_name) = (class.path(signature), doc::c_string(python_name)?.to_token_stream());
        let handler = handler::read(&path, signature, receiver, &options, &c_name, &mut none)?;
        if arity != handler.arity {
            let message = format!("`{}` takes {arity} arguments from Python beside the object", signature.ident);
            return Err(Error::new_spanned(&signature.inputs, message));
        }
        self.handler(&handler, role, python_name, kind, class)
    }

    /// A handler type for one function.
    fn handler(
        &mut self,
        handler: &Handler,
        role: &str,
        python_name: &str,
        kind: &str,
        class: &ClassTokens,
    ) -> Result<Ident> {
        let ty = format_ident!("__{role}_{python_name}");
        let role = emit::Role::Method(class, kind);
        self.handlers.push(emit::function(&ty, role, python_name, handler)?);
        Ok(ty)
    }

    fn add_new(
        &mut self,
        signature: &syn::Signature,
        options: &CallOptions,
        class: &ClassTokens,
        names: &mut Names,
    ) -> Result<()> {
        asynchronous::forbid(signature)?;
        let (path, name) = (class.path(signature), &class.short_name);
        let handler = handler::read(&path, signature, Receiver::None, options, name, names)?;
        let (ty, role) = (format_ident!("__new"), emit::Role::Constructor(class));
        self.handlers.push(emit::function(&ty, role, &class.python_name, &handler)?);
        self.new = Some((quote!(::insula::rt::new_slot::<__new>()), handler.text));
        Ok(())
    }

    fn add_buffer(&mut self, signature: &syn::Signature, class: &ClassTokens) {
        let ClassTokens { erased, branded, .. } = class;
        let path = class.path(signature);
        let call = quote_spanned!(signature.output.span()=> #path(&**slf));
        self.handlers.push(quote! {
            enum __buffer {}
            impl ::insula::rt::BufferSource for __buffer {
                type Class = #erased;
                fn buffer<'a, 'py>(slf: &'a ::insula::rt::Obj<'py, #branded>) -> &'a ::insula::rt::ByteBuffer<'py> {
                    #call
                }
            }
        });
        self.slots.push(quote!(::insula::rt::getbuffer_slot::<__buffer>()));
        self.slots.push(quote!(::insula::rt::releasebuffer_slot::<__buffer>()));
    }

    /// Joins the parts of slots that several methods share.
    pub(crate) fn finish_slots(&mut self, class: &ClassTokens) {
        let erased = &class.erased;
        let part = |name: &str| self.parts.iter().find(|(part, _)| part == name).map(|(_, ty)| quote!(#ty));
        let or_absent = |part: Option<TokenStream>, absent: &str| {
            let absent = format_ident!("{absent}");
            part.unwrap_or_else(|| quote!(::insula::rt::Absent<#erased, ::insula::rt::#absent>))
        };
        let mut slots = Vec::new();
        for (methods, absent, make) in SHARED {
            let halves = methods.map(part);
            if halves.iter().any(Option::is_some) {
                let [first, second] = halves;
                let (first, second) = (or_absent(first, absent[0]), or_absent(second, absent[1]));
                let make = format_ident!("{make}");
                slots.push(quote!(::insula::rt::#make::<#first, #second>()));
            }
        }
        for (operator, number) in OPERATORS {
            let halves = [part(&format!("__{operator}__")), part(&format!("__r{operator}__"))];
            if halves.iter().any(Option::is_some) {
                let halves_there = [halves[0].is_some(), halves[1].is_some()];
                let [left, right] = halves.map(|half| or_absent(half, "Operator"));
                let make = format_ident!("{}", if *operator == "pow" { "power_slot" } else { "operator_slot" });
                let number = format_ident!("{number}");
                self.stub.other_half(operator, &halves_there);
                slots.push(quote!(::insula::rt::#make::<#erased, #left, #right>(::insula::rt::ffi::#number)));
            }
        }
        let comparisons = COMPARISONS.map(part);
        if comparisons.iter().any(Option::is_some) {
            let there: Vec<_> = COMPARISONS.into_iter().zip(comparisons.iter().map(Option::is_some)).collect();
            self.stub.other_comparisons(&there);
            let has_hash = self.slots.iter().any(|slot| slot.to_string().contains("hash_slot"));
            if comparisons[2].is_some() && !has_hash {
                self.stub.line("__hash__: $ClassVar[None]  # type: ignore[assignment]");
                slots.push(quote!(::insula::rt::UNHASHABLE));
            }
            let comparisons = comparisons.map(|comparison| or_absent(comparison, "Operator"));
            slots.push(quote!(::insula::rt::compare_slot::<#erased, #(#comparisons),*>()));
        }
        self.slots.extend(slots);
    }

    /// Those of a class of this name in Rust.
    pub(crate) fn of(class: &Ident) -> Self {
        Methods { stub: Stub::of_class(class), ..Methods::default() }
    }

    /// The entries of the table of getters and setters.
    pub(crate) fn getset(&self) -> Result<Vec<TokenStream>> {
        self.properties.entries()
    }
}

/// The name in `#[classattr(name = "...")]`.
fn renamed(marker: &Marker) -> Result<Option<String>> {
    match marker.args.as_slice() {
        [] => Ok(None),
        [Arg { name, value }] if name == "name" => names::text(name, value).map(Some),
        _ => Err(marker.error(format!("#[{}] has one argument: name = \"...\"", marker.name))),
    }
}
