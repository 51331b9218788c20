//! `#[methods]`: what the functions of a class become.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, Ident, ImplItem, ItemImpl, Result};

use crate::attribute::{self, Arg, Marker, Value};
use crate::doc;
use crate::emit;
use crate::handler::{self, Handler, Names, Receiver};
use crate::special::{COMPARISONS, OF_THE_CLASS, OPERATORS, PICKLING, PLAIN, Place, SHARED, SlotKind, slot_of};

/// The markers of functions in a `#[methods]` block.
const MARKERS: &[&str] =
    &["new", "method", "getter", "setter", "classmethod", "staticmethod", "classattr", "class_state"];

/// What CPython calls a handler as.
#[derive(Clone, Copy)]
enum Role {
    Get,
    Set,
    Slot,
    /// A slot where an argument of an unknown type gives `NotImplemented`.
    Operator,
}

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
    getters: Vec<Getter>,
    setters: Vec<(String, Ident)>,
    parts: Vec<(String, Ident)>,
    /// The function that makes the class's state.
    pub(crate) class_state: Option<Ident>,
    /// Whether one of them says how instances are pickled.
    pub(crate) pickles: bool,
    /// The class attributes.
    pub(crate) attributes: Vec<TokenStream>,
}

struct Getter {
    name: String,
    handler: Ident,
    doc: String,
}

/// The class that methods belong to, as the expansion writes it.
pub(crate) struct ClassTokens {
    pub(crate) name: Ident,
    pub(crate) python_name: String,
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
        let name = Ident::new(&self.name.to_string(), function.span());
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
                    self.add_function(&function.sig, marker.as_ref(), &doc, class, names)?;
                }
                ImplItem::Const(constant) => {
                    let marker = attribute::take(&mut constant.attrs, &["classattr"])?;
                    let Some(marker) = marker else {
                        return Err(Error::new_spanned(
                            constant,
                            "mark it #[classattr], or put it into another impl block",
                        ));
                    };
                    marker.no_args()?;
                    let (name, class) = (&constant.ident, &class.name);
                    self.push_attribute(&name.unraw().to_string(), &quote!(#class::#name))?;
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
        signature: &syn::Signature,
        marker: Option<&Marker>,
        doc: &str,
        class: &ClassTokens,
        names: &mut Names,
    ) -> Result<()> {
        let name = signature.ident.to_string();
        self.pickles |= PICKLING.contains(&name.as_str());
        match marker.map(|marker| (marker.name.as_str(), marker)) {
            Some(("new", marker)) => {
                if self.new.is_some() {
                    return Err(marker.error("the class has a #[new] already"));
                }
                self.add_new(signature, marker.signature()?, class, names)
            }
            Some(("getter", marker)) => {
                let attribute = renamed(marker)?.unwrap_or(name);
                let handler = self.slot_handler(signature, Role::Get, &attribute, "Object", 0, class)?;
                self.getters.push(Getter { name: attribute, handler, doc: doc.to_owned() });
                Ok(())
            }
            Some(("class_state", marker)) => {
                marker.no_args()?;
                if self.class_state.replace(signature.ident.clone()).is_some() {
                    return Err(marker.error("the class has a #[class_state] already"));
                }
                Ok(())
            }
            Some(("classattr", marker)) => {
                marker.no_args()?;
                self.add_attribute(signature, class)
            }
            Some(("staticmethod", marker)) => {
                self.add_unbound(signature, Receiver::Nowhere, marker.signature()?, doc, class, names)
            }
            Some(("classmethod", marker)) => {
                self.add_unbound(signature, Receiver::Object, marker.signature()?, doc, class, names)
            }
            Some(("method", marker)) if OF_THE_CLASS.contains(&name.as_str()) => {
                self.add_unbound(signature, Receiver::Object, marker.signature()?, doc, class, names)
            }
            None if OF_THE_CLASS.contains(&name.as_str()) => {
                self.add_unbound(signature, Receiver::Object, None, doc, class, names)
            }
            Some(("method", marker)) if name == "__call__" => {
                self.add_call(signature, marker.signature()?, class, names)
            }
            Some(("method", marker)) => self.add_method(signature, marker.signature()?, doc, class, names),
            Some((_, marker)) => {
                let default = name.strip_prefix("set_").map(str::to_owned);
                let Some(attribute) = renamed(marker)?.or(default) else {
                    return Err(marker.error("name the attribute, #[setter(name)], or the function `set_name`"));
                };
                let mut handler = self.slot_handler(signature, Role::Set, &attribute, "Nothing", 1, class)?;
                handler.set_span(handler.span().located_at(signature.ident.span()));
                self.setters.push((attribute, handler));
                Ok(())
            }
            None if name == "__buffer__" => {
                self.add_buffer(signature, class);
                Ok(())
            }
            None if name == "__call__" => self.add_call(signature, None, class, names),
            None => match slot_of(&name) {
                Some(slot) => self.add_slot(signature, &name, &slot, class),
                None if name.starts_with("__") && !PLAIN.contains(&name.as_str()) => {
                    let message = format!("`{name}` is not a special method that a class can have");
                    Err(Error::new_spanned(&signature.ident, message))
                }
                None => self.add_method(signature, None, doc, class, names),
            },
        }
    }

    fn add_slot(&mut self, signature: &syn::Signature, name: &str, slot: &SlotKind, class: &ClassTokens) -> Result<()> {
        let role = match slot.place {
            Place::Operand | Place::Augmented(_) => Role::Operator,
            _ => Role::Slot,
        };
        let handler = self.slot_handler(signature, role, name, slot.kind, slot.arity, class)?;
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
        accepts: Option<TokenStream>,
        class: &ClassTokens,
        names: &mut Names,
    ) -> Result<()> {
        let handler =
            handler::read(&class.path(signature), signature, Receiver::Object, accepts, &class.python_name, names)?;
        let ty = self.handler(&handler, "slot", "__call__", "Object", class)?;
        self.slots.push(quote!(::insula::rt::call_slot::<#ty>()));
        Ok(())
    }

    /// A `#[classmethod]` or `#[staticmethod]`.
    fn add_unbound(
        &mut self,
        signature: &syn::Signature,
        receiver: Receiver,
        accepts: Option<TokenStream>,
        doc: &str,
        class: &ClassTokens,
        names: &mut Names,
    ) -> Result<()> {
        let name = signature.ident.unraw().to_string();
        let is_static = receiver == Receiver::Nowhere;
        if let (false, Some(syn::FnArg::Receiver(slf))) = (is_static, signature.inputs.first()) {
            let message = "this is a method of the class: take that, as `class: &Obj<'py, Type>`";
            return Err(Error::new_spanned(slf, message));
        }
        let handler = handler::read(&class.path(signature), signature, receiver, accepts, &name, names)?;
        let ty = format_ident!("__method_{name}");
        let (role, make) = if is_static {
            (emit::Role::StaticMethod, quote!(static_method_def))
        } else {
            (emit::Role::ClassMethod(class), quote!(class_method_def))
        };
        self.handlers.push(emit::function(&ty, role, &name, &handler)?);
        let receiver = if is_static { None } else { Some("$type") };
        let doc = doc::c_string(&doc::with_signature(&name, receiver, &handler.text, doc))?;
        self.methods.push(quote!(::insula::rt::#make::<#ty>(#doc)));
        Ok(())
    }

    /// A `#[classattr]` function: called once for each type object.
    fn add_attribute(&mut self, signature: &syn::Signature, class: &ClassTokens) -> Result<()> {
        let name = signature.ident.unraw().to_string();
        let mut none = Names { first: 0, names: Vec::new() };
        let handler = handler::read(&class.path(signature), signature, Receiver::Nowhere, None, &name, &mut none)?;
        if handler.arity != 0 {
            let message = "a class attribute is made without arguments, or with `py: Py<'py>`";
            return Err(Error::new_spanned(&signature.inputs, message));
        }
        self.push_attribute(&name, &handler.call)
    }

    /// A class attribute with this value; `scope` is the proof of attachment.
    pub(crate) fn push_attribute(&mut self, name: &str, value: &TokenStream) -> Result<()> {
        let (name, scope) = (doc::c_string(name)?, emit::local("scope", proc_macro2::Span::call_site()));
        self.attributes.push(quote! {
            ::insula::rt::ClassAttribute {
                name: #name,
                make: |py| {
                    let #scope = &::insula::rt::StaticScope::<'_, __Module>::new(py);
                    ::insula::rt::result::<::insula::rt::Object, _>(py, #value)
                },
            }
        });
        Ok(())
    }

    fn add_method(
        &mut self,
        signature: &syn::Signature,
        accepts: Option<TokenStream>,
        doc: &str,
        class: &ClassTokens,
        names: &mut Names,
    ) -> Result<()> {
        let name = signature.ident.unraw().to_string();
        let handler = handler::read(&class.path(signature), signature, Receiver::Object, accepts, &name, names)?;
        let ty = self.handler(&handler, "method", &name, "Object", class)?;
        let doc = doc::c_string(&doc::with_signature(&name, Some("$self"), &handler.text, doc))?;
        self.methods.push(quote!(::insula::rt::method_def::<#ty>(#doc)));
        Ok(())
    }

    /// A handler type for a slot, getter or setter, whose number of arguments CPython decides.
    fn slot_handler(
        &mut self,
        signature: &syn::Signature,
        role: Role,
        python_name: &str,
        kind: &str,
        arity: usize,
        class: &ClassTokens,
    ) -> Result<Ident> {
        let mut none = Names { first: 0, names: Vec::new() };
        let (receiver, role) = match role {
            Role::Get => (Receiver::Object, "get"),
            Role::Set => (Receiver::Setter, "set"),
            Role::Slot => (Receiver::Object, "slot"),
            Role::Operator => (Receiver::Operator, "slot"),
        };
        let handler = handler::read(&class.path(signature), signature, receiver, None, python_name, &mut none)?;
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
        accepts: Option<TokenStream>,
        class: &ClassTokens,
        names: &mut Names,
    ) -> Result<()> {
        let name = &class.python_name;
        let handler = handler::read(&class.path(signature), signature, Receiver::None, accepts, name, names)?;
        let (ty, role) = (format_ident!("__new"), emit::Role::Constructor(class));
        self.handlers.push(emit::function(&ty, role, name, &handler)?);
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
                let [left, right] = halves.map(|half| or_absent(half, "Operator"));
                let make = format_ident!("{}", if *operator == "pow" { "power_slot" } else { "operator_slot" });
                let number = format_ident!("{number}");
                slots.push(quote!(::insula::rt::#make::<#erased, #left, #right>(::insula::rt::ffi::#number)));
            }
        }
        let comparisons = COMPARISONS.map(part);
        if comparisons.iter().any(Option::is_some) {
            let has_hash = self.slots.iter().any(|slot| slot.to_string().contains("hash_slot"));
            if comparisons[2].is_some() && !has_hash {
                slots.push(quote!(::insula::rt::UNHASHABLE));
            }
            let comparisons = comparisons.map(|comparison| or_absent(comparison, "Operator"));
            slots.push(quote!(::insula::rt::compare_slot::<#erased, #(#comparisons),*>()));
        }
        self.slots.extend(slots);
    }

    /// The entries of the table of getters and setters.
    pub(crate) fn getset(&self) -> Result<Vec<TokenStream>> {
        for (name, setter) in &self.setters {
            if !self.getters.iter().any(|getter| getter.name == *name) {
                return Err(Error::new_spanned(setter, format!("attribute `{name}` has a #[setter] but no #[getter]")));
            }
        }
        self.getters
            .iter()
            .map(|Getter { name, handler, doc }| {
                let doc = doc::c_string(doc)?;
                Ok(match self.setters.iter().find(|(attribute, _)| attribute == name) {
                    Some((_, setter)) => {
                        quote!(::insula::rt::getset_def::<#handler, #setter>(#doc))
                    }
                    None => quote!(::insula::rt::readonly_getset_def::<#handler>(#doc)),
                })
            })
            .collect()
    }
}

/// The name in `#[getter(name)]` or `#[setter(name)]`.
fn renamed(marker: &Marker) -> Result<Option<String>> {
    match marker.args.as_slice() {
        [] => Ok(None),
        [Arg { name, value: Value::None }] => Ok(Some(name.unraw().to_string())),
        _ => Err(marker.error(format!("write #[{0}] or #[{0}(name)]", marker.name))),
    }
}
