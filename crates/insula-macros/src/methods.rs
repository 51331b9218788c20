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

#[derive(Clone, Copy)]
enum Place {
    /// A slot of its own, made by this function of `insula::rt`.
    Own(&'static str),
    /// A slot of its own with this number, which takes only the object (`unary_slot`).
    Unary(&'static str),
    /// A slot of its own with this number, which takes one argument (`binary_slot`).
    Binary(&'static str),
    /// The same, where an argument of an unknown type gives `NotImplemented`.
    Augmented(&'static str),
    /// A part of a slot that several methods share: see `SHARED`, `OPERATORS` and `COMPARISONS`.
    Part,
    /// The same, where an argument of an unknown type gives `NotImplemented`.
    Operand,
}

const fn object(method: &'static str, arity: usize, place: Place) -> SlotKind {
    SlotKind { method, kind: "Object", arity, place }
}

const fn special(method: &'static str, kind: &'static str, arity: usize, place: Place) -> SlotKind {
    SlotKind { method, kind, arity, place }
}

const SLOTS: &[SlotKind] = &[
    object("__repr__", 0, Place::Unary("Py_tp_repr")),
    object("__str__", 0, Place::Unary("Py_tp_str")),
    object("__iter__", 0, Place::Unary("Py_tp_iter")),
    special("__next__", "Next", 0, Place::Own("next_slot")),
    object("__await__", 0, Place::Unary("Py_am_await")),
    object("__aiter__", 0, Place::Unary("Py_am_aiter")),
    object("__anext__", 0, Place::Unary("Py_am_anext")),
    special("__len__", "Length", 0, Place::Own("len_slot")),
    special("__bool__", "Truth", 0, Place::Own("bool_slot")),
    special("__hash__", "Hash", 0, Place::Own("hash_slot")),
    special("__contains__", "Truth", 1, Place::Own("contains_slot")),
    special("__del__", "Nothing", 0, Place::Own("finalize_slot")),
    object("__getitem__", 1, Place::Binary("Py_mp_subscript")),
    object("__getattribute__", 1, Place::Binary("Py_tp_getattro")),
    object("__getattr__", 1, Place::Own("getattr_slot")),
    object("__get__", 2, Place::Own("get_slot")),
    object("__neg__", 0, Place::Unary("Py_nb_negative")),
    object("__pos__", 0, Place::Unary("Py_nb_positive")),
    object("__abs__", 0, Place::Unary("Py_nb_absolute")),
    object("__invert__", 0, Place::Unary("Py_nb_invert")),
    object("__int__", 0, Place::Unary("Py_nb_int")),
    object("__float__", 0, Place::Unary("Py_nb_float")),
    object("__index__", 0, Place::Unary("Py_nb_index")),
    object("__iadd__", 1, Place::Augmented("Py_nb_inplace_add")),
    object("__isub__", 1, Place::Augmented("Py_nb_inplace_subtract")),
    object("__imul__", 1, Place::Augmented("Py_nb_inplace_multiply")),
    object("__imatmul__", 1, Place::Augmented("Py_nb_inplace_matrix_multiply")),
    object("__itruediv__", 1, Place::Augmented("Py_nb_inplace_true_divide")),
    object("__ifloordiv__", 1, Place::Augmented("Py_nb_inplace_floor_divide")),
    object("__imod__", 1, Place::Augmented("Py_nb_inplace_remainder")),
    object("__ilshift__", 1, Place::Augmented("Py_nb_inplace_lshift")),
    object("__irshift__", 1, Place::Augmented("Py_nb_inplace_rshift")),
    object("__iand__", 1, Place::Augmented("Py_nb_inplace_and")),
    object("__ior__", 1, Place::Augmented("Py_nb_inplace_or")),
    object("__ixor__", 1, Place::Augmented("Py_nb_inplace_xor")),
    object("__ipow__", 2, Place::Own("inplace_power_slot")),
    special("__setattr__", "Nothing", 2, Place::Part),
    special("__delattr__", "Nothing", 1, Place::Part),
    special("__setitem__", "Nothing", 2, Place::Part),
    special("__delitem__", "Nothing", 1, Place::Part),
    special("__set__", "Nothing", 2, Place::Part),
    special("__delete__", "Nothing", 1, Place::Part),
];

/// The slots with two halves: the methods, what stands in for a missing one, and the function that makes the slot.
const SHARED: &[([&str; 2], [&str; 2], &str)] = &[
    (["__setattr__", "__delattr__"], ["SetAttr", "DelAttr"], "setattr_slot"),
    (["__setitem__", "__delitem__"], ["SetItem", "DelItem"], "setitem_slot"),
    (["__set__", "__delete__"], ["SetDescriptor", "DelDescriptor"], "descriptor_set_slot"),
];

/// The binary operators: the name of the operator, and the slot of it and its reflected form.
const OPERATORS: &[(&str, &str)] = &[
    ("add", "Py_nb_add"),
    ("sub", "Py_nb_subtract"),
    ("mul", "Py_nb_multiply"),
    ("matmul", "Py_nb_matrix_multiply"),
    ("truediv", "Py_nb_true_divide"),
    ("floordiv", "Py_nb_floor_divide"),
    ("mod", "Py_nb_remainder"),
    ("divmod", "Py_nb_divmod"),
    ("lshift", "Py_nb_lshift"),
    ("rshift", "Py_nb_rshift"),
    ("and", "Py_nb_and"),
    ("or", "Py_nb_or"),
    ("xor", "Py_nb_xor"),
    ("pow", "Py_nb_power"),
];

/// The comparisons, in the order of CPython's numbers for them.
const COMPARISONS: [&str; 6] = ["__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__"];

/// Special methods without a slot: plain methods to CPython.
const PLAIN: &[&str] = &[
    "__enter__",
    "__exit__",
    "__aenter__",
    "__aexit__",
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__setstate__",
    "__getnewargs__",
    "__getnewargs_ex__",
    "__copy__",
    "__deepcopy__",
    "__replace__",
    "__format__",
    "__dir__",
    "__sizeof__",
    "__bytes__",
    "__complex__",
    "__round__",
    "__trunc__",
    "__floor__",
    "__ceil__",
    "__reversed__",
    "__length_hint__",
    "__missing__",
    "__fspath__",
    "__instancecheck__",
    "__subclasscheck__",
    "__mro_entries__",
    "__set_name__",
];

/// Special methods that are class methods without being marked, as in Python.
const OF_THE_CLASS: &[&str] = &["__init_subclass__", "__class_getitem__"];

/// The methods that say how instances are pickled.
const PICKLING: &[&str] = &["__reduce__", "__reduce_ex__", "__getstate__", "__getnewargs__", "__getnewargs_ex__"];

/// The slot that a method of this name fills, if it fills one.
fn slot_of(method: &str) -> Option<SlotKind> {
    if let Some(slot) = SLOTS.iter().find(|slot| slot.method == method) {
        return Some(SlotKind { method: slot.method, kind: slot.kind, arity: slot.arity, place: slot.place });
    }
    if let Some(&comparison) = COMPARISONS.iter().find(|&&name| name == method) {
        return Some(object(comparison, 1, Place::Operand));
    }
    let operator = method.strip_prefix("__")?.strip_suffix("__")?;
    let known = |name: &str| OPERATORS.iter().any(|(operator, _)| *operator == name);
    if known(operator) || operator.strip_prefix('r').is_some_and(known) {
        let arity = if operator.ends_with("pow") { 2 } else { 1 };
        return Some(object("", arity, Place::Operand));
    }
    None
}

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
        let Handler { shape, prelude, call, text, .. } = handler;
        let (erased, python_name) = (&class.erased, doc::c_string(&name)?);
        let ty = format_ident!("__method_{name}");
        let result = quote_spanned! {call.span()=>
            ::insula::rt::result::<::insula::rt::Object, _>(::insula::rt::Scope::py(scope), #call)
        };
        let (role, associated, scope, slf, make) = if is_static {
            let scope = quote!(::insula::rt::StaticScope<'py, __Module>);
            (
                quote!(StaticMethod),
                quote!(
                    type Module = __Module;
                ),
                scope,
                quote!(),
                quote!(static_method_def),
            )
        } else {
            let slf = quote!(slf: &'a ::insula::rt::Obj<'py, ::insula::types::Type>,);
            let scope = quote!(::insula::rt::ClassScope<'py, #erased>);
            (quote!(ClassMethod), quote!(type Class = #erased;), scope, slf, quote!(class_method_def))
        };
        self.handlers.push(quote! {
            enum #ty {}
            impl ::insula::rt::#role for #ty {
                #associated
                const NAME: &'static ::std::ffi::CStr = #python_name;
                const SHAPE: ::insula::rt::Shape = #shape;
                #[inline]
                fn call<'a, 'py>(
                    scope: &'a #scope,
                    #slf
                    args: ::insula::rt::Arguments<'a, 'py>,
                ) -> ::insula::rt::PyResult<'py, ::insula::rt::Obj<'py>> {
                    #prelude
                    #result
                }
            }
        });
        let receiver = if is_static { None } else { Some("$type") };
        let doc = doc::c_string(&doc::with_signature(&name, receiver, &text, doc))?;
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
        let name = doc::c_string(name)?;
        self.attributes.push(quote! {
            ::insula::rt::ClassAttribute {
                name: #name,
                make: |py| {
                    let scope = &::insula::rt::StaticScope::<'_, __Module>::new(py);
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
        let ClassTokens { python_name, erased, init, .. } = class;
        let handler = handler::read(&class.path(signature), signature, Receiver::None, accepts, python_name, names)?;
        let Handler { shape, prelude, call, text, .. } = handler;
        let constructed = quote_spanned!(call.span()=> ::insula::rt::constructed(#call));
        let python_name = doc::c_string(python_name)?;
        self.handlers.push(quote! {
            enum __new {}
            impl ::insula::rt::Constructor for __new {
                type Class = #erased;
                type Init<'py> = #init;
                const NAME: &'static ::std::ffi::CStr = #python_name;
                const SHAPE: ::insula::rt::Shape = #shape;
                #[inline]
                fn construct<'a, 'py>(
                    scope: &'a ::insula::rt::ClassScope<'py, #erased>,
                    args: ::insula::rt::Arguments<'a, 'py>,
                ) -> ::insula::rt::PyResult<'py, #init> {
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
