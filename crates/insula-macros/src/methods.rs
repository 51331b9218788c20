//! `#[methods]`: what the functions of a class become.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, Ident, ImplItem, ItemImpl, Result};

use crate::attribute::{self, Arg, Marker, Value};
use crate::doc;
use crate::handler::{self, Handler, Names, Receiver};

/// A slot that a `__dunder__` method fills.
struct SlotKind {
    method: &'static str,
    /// The kind of its result, in `insula::rt`.
    kind: &'static str,
    arity: usize,
    place: Place,
}

enum Place {
    /// A slot of its own, made by this function of `insula::rt`.
    Own(&'static str),
    /// One half of a slot; the other half stands in `PAIRS`.
    Half,
}

const SLOTS: &[SlotKind] = &[
    SlotKind { method: "__repr__", kind: "Object", arity: 0, place: Place::Own("repr_slot") },
    SlotKind { method: "__str__", kind: "Object", arity: 0, place: Place::Own("str_slot") },
    SlotKind { method: "__iter__", kind: "Object", arity: 0, place: Place::Own("iter_slot") },
    SlotKind { method: "__next__", kind: "Next", arity: 0, place: Place::Own("next_slot") },
    SlotKind { method: "__len__", kind: "Length", arity: 0, place: Place::Own("len_slot") },
    SlotKind { method: "__bool__", kind: "Truth", arity: 0, place: Place::Own("bool_slot") },
    SlotKind { method: "__hash__", kind: "Hash", arity: 0, place: Place::Own("hash_slot") },
    SlotKind { method: "__contains__", kind: "Truth", arity: 1, place: Place::Own("contains_slot") },
    SlotKind { method: "__getitem__", kind: "Object", arity: 1, place: Place::Own("getitem_slot") },
    SlotKind { method: "__getattr__", kind: "Object", arity: 1, place: Place::Own("getattr_slot") },
    SlotKind { method: "__setattr__", kind: "Nothing", arity: 2, place: Place::Half },
    SlotKind { method: "__delattr__", kind: "Nothing", arity: 1, place: Place::Half },
    SlotKind { method: "__setitem__", kind: "Nothing", arity: 2, place: Place::Half },
    SlotKind { method: "__delitem__", kind: "Nothing", arity: 1, place: Place::Half },
];

/// The slots with two halves: the methods, what stands in for a missing one, and the function that makes the slot.
const PAIRS: &[([&str; 2], [&str; 2], &str)] = &[
    (["__setattr__", "__delattr__"], ["SetAttr", "DelAttr"], "setattr_slot"),
    (["__setitem__", "__delitem__"], ["SetItem", "DelItem"], "setitem_slot"),
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
    getters: Vec<Getter>,
    setters: Vec<(String, Ident)>,
    halves: Vec<(&'static str, Ident)>,
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
                    let marker = attribute::take(&mut function.attrs, &["new", "method", "getter", "setter"])?;
                    let doc = doc::text(&function.attrs);
                    self.add_function(&function.sig, marker.as_ref(), &doc, class, names)?;
                }
                other => {
                    return Err(Error::new_spanned(other, "only functions can stand in a #[methods] block"));
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
        match marker.map(|marker| (marker.name.as_str(), marker)) {
            Some(("new", marker)) => {
                if self.new.is_some() {
                    return Err(marker.error("the class has a #[new] already"));
                }
                self.add_new(signature, marker.signature()?, class, names)
            }
            Some(("getter", marker)) => {
                let attribute = renamed(marker)?.unwrap_or(name);
                let handler = self.slot_handler(signature, "get", &attribute, "Object", 0, class)?;
                self.getters.push(Getter { name: attribute, handler, doc: doc.to_owned() });
                Ok(())
            }
            Some(("method", marker)) => self.add_method(signature, marker.signature()?, doc, class, names),
            Some((_, marker)) => {
                let default = name.strip_prefix("set_").map(str::to_owned);
                let Some(attribute) = renamed(marker)?.or(default) else {
                    return Err(marker.error("name the attribute, #[setter(name)], or the function `set_name`"));
                };
                let handler = self.slot_handler(signature, "set", &attribute, "Nothing", 1, class)?;
                self.setters.push((attribute, handler));
                Ok(())
            }
            None if name == "__buffer__" => {
                self.add_buffer(signature, class);
                Ok(())
            }
            None => match SLOTS.iter().find(|slot| slot.method == name) {
                Some(slot) => {
                    let handler = self.slot_handler(signature, "slot", &name, slot.kind, slot.arity, class)?;
                    match slot.place {
                        Place::Own(make) => {
                            let make = format_ident!("{make}");
                            self.slots.push(quote!(::insula::rt::#make::<#handler>()));
                        }
                        Place::Half => self.halves.push((slot.method, handler)),
                    }
                    Ok(())
                }
                None if name.starts_with("__") => {
                    let message =
                        format!("`{name}` is not supported; a method with another name, or one of: {}", known());
                    Err(Error::new_spanned(&signature.ident, message))
                }
                None => self.add_method(signature, None, doc, class, names),
            },
        }
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
        role: &str,
        python_name: &str,
        kind: &str,
        arity: usize,
        class: &ClassTokens,
    ) -> Result<Ident> {
        let mut none = Names { first: 0, names: Vec::new() };
        let receiver = if role == "set" { Receiver::Setter } else { Receiver::Object };
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
        let kind = format_ident!("{kind}");
        let ClassTokens { erased, branded, .. } = class;
        let Handler { shape, prelude, call, .. } = handler;
        let result = quote_spanned! {call.span()=>
            ::insula::rt::result::<::insula::rt::#kind, _>(::insula::rt::Scope::py(scope), #call)
        };
        let python_name = doc::c_string(python_name)?;
        self.handlers.push(quote! {
            enum #ty {}
            impl ::insula::rt::Method<::insula::rt::#kind> for #ty {
                type Class = #erased;
                const NAME: &'static ::std::ffi::CStr = #python_name;
                const SHAPE: ::insula::rt::Shape = #shape;
                #[inline]
                fn call<'a, 'py>(
                    scope: &'a ::insula::rt::ClassScope<'py, #erased>,
                    slf: &'a ::insula::rt::Obj<'py, #branded>,
                    args: ::insula::rt::Arguments<'a, 'py>,
                ) -> ::insula::rt::PyResult<'py, <::insula::rt::#kind as ::insula::rt::Kind>::Out<'py>> {
                    #prelude
                    #result
                }
            }
        });
        Ok(ty)
    }

    fn add_new(
        &mut self,
        signature: &syn::Signature,
        accepts: Option<TokenStream>,
        class: &ClassTokens,
        names: &mut Names,
    ) -> Result<()> {
        let ClassTokens { python_name, erased, branded, .. } = class;
        let handler = handler::read(&class.path(signature), signature, Receiver::None, accepts, python_name, names)?;
        let Handler { shape, prelude, call, text, .. } = handler;
        let constructed = quote_spanned!(call.span()=> ::insula::rt::constructed(#call));
        let python_name = doc::c_string(python_name)?;
        self.handlers.push(quote! {
            enum __new {}
            impl ::insula::rt::Constructor for __new {
                type Class = #erased;
                const NAME: &'static ::std::ffi::CStr = #python_name;
                const SHAPE: ::insula::rt::Shape = #shape;
                #[inline]
                fn construct<'a, 'py>(
                    scope: &'a ::insula::rt::ClassScope<'py, #erased>,
                    args: ::insula::rt::Arguments<'a, 'py>,
                ) -> ::insula::rt::PyResult<'py, #branded> {
                    #prelude
                    #constructed
                }
            }
        });
        self.new = Some((quote!(::insula::rt::new_slot::<__new>()), text));
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

    /// Joins the halves of shared slots.
    pub(crate) fn finish_slots(&mut self, class: &ClassTokens) {
        let erased = &class.erased;
        for (methods, absent, make) in PAIRS {
            let half =
                |index: usize| self.halves.iter().find(|(name, _)| *name == methods[index]).map(|(_, ty)| quote!(#ty));
            let (first, second) = (half(0), half(1));
            if first.is_none() && second.is_none() {
                continue;
            }
            let or_absent = |half: Option<TokenStream>, index: usize| {
                let absent = format_ident!("{}", absent[index]);
                half.unwrap_or_else(|| quote!(::insula::rt::Absent<#erased, ::insula::rt::#absent>))
            };
            let (first, second, make) = (or_absent(first, 0), or_absent(second, 1), format_ident!("{make}"));
            self.slots.push(quote!(::insula::rt::#make::<#first, #second>()));
        }
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

fn known() -> String {
    let names: Vec<&str> = SLOTS.iter().map(|slot| slot.method).chain(["__buffer__"]).collect();
    names.join(", ")
}

/// The name in `#[getter(name)]` or `#[setter(name)]`.
fn renamed(marker: &Marker) -> Result<Option<String>> {
    match marker.args.as_slice() {
        [] => Ok(None),
        [Arg { name, value: Value::None }] => Ok(Some(name.unraw().to_string())),
        _ => Err(marker.error(format!("write #[{0}] or #[{0}(name)]", marker.name))),
    }
}
