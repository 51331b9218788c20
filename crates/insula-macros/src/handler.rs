//! What a function that Python calls asks for, and the call that hands it in.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, FnArg, GenericArgument, Ident, Pat, PathArguments, Result, ReturnType, Type};

use crate::asynchronous;
use crate::doc;
use crate::emit::local;
use crate::mistakes;
use crate::names::CallOptions;
use crate::signature::Signature;

/// Where the receiver of a method comes from.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Receiver {
    /// There is none: a module function or a constructor.
    None,
    /// `&self`, or a first parameter that takes the object.
    Object,
    /// The same, of a setter: the argument is the value that is assigned.
    Setter,
    /// The same, of an operator: an argument of an unknown type gives `NotImplemented`.
    Operator,
    /// There is none, and no module either: a static method.
    Nowhere,
}

impl Receiver {
    fn takes_object(self) -> bool {
        !matches!(self, Receiver::None | Receiver::Nowhere)
    }
}

/// The names of parameters that a module object interns: those of all its signatures.
#[derive(Default)]
pub(crate) struct Names {
    /// How many entries of the module's table come before them; of an item that the module lists, behind `base`.
    pub(crate) first: usize,
    /// Where the entries of a listed item begin.
    pub(crate) base: Option<TokenStream>,
    pub(crate) names: Vec<String>,
}

impl Names {
    /// Adds the names of a signature; returns where they begin in the module's table.
    fn add(&mut self, signature: &Signature, options: &CallOptions) -> TokenStream {
        let begin = self.first + self.names.len();
        self.names.extend(signature.parameters.iter().map(|parameter| options.parameter(&parameter.name)));
        match &self.base {
            Some(base) => quote!(#base + #begin),
            None => quote!(#begin),
        }
    }

    /// The entries of the module's table.
    pub(crate) fn entries(&self) -> Result<Vec<TokenStream>> {
        let entry = |name: &String| doc::c_string(name).map(|name| quote!(::insula::rt::EntryDef::Name(#name)));
        self.names.iter().map(entry).collect()
    }
}

/// A handler: how its arguments are found, and the call of the user's function.
pub(crate) struct Handler {
    /// `SHAPE` of the handler.
    pub(crate) shape: TokenStream,
    /// What comes before the call.
    pub(crate) prelude: TokenStream,
    /// The call of the user's function. It uses the variables `scope`, `slf` and `args` of the expansion.
    pub(crate) call: TokenStream,
    /// How many arguments come from Python.
    pub(crate) arity: usize,
    /// Of what collects arguments that it has no parameters for, `COLLECTS` of a constructor.
    pub(crate) collects: Option<TokenStream>,
    /// The parameters as `__text_signature__` has them, without the receiver.
    pub(crate) text: Vec<String>,
}

/// One parameter that comes from Python.
struct Visible<'a> {
    name: Option<&'a Ident>,
    ty: &'a Type,
    span: Span,
    /// Its place among the arguments of the user's function.
    place: usize,
}

/// Reads a function. Without a signature its arguments are positional. `name` is what messages call it, a C string.
pub(crate) fn read(
    path: &TokenStream,
    function: &syn::Signature,
    receiver: Receiver,
    options: &CallOptions,
    name: &TokenStream,
    names: &mut Names,
) -> Result<Handler> {
    if let Some(unsafety) = function.unsafety {
        return Err(Error::new_spanned(unsafety, "Python can call this with anything: it cannot be unsafe"));
    }
    let is_async = asynchronous::check(function, receiver)?;
    mistakes::check(function)?;
    if let Some(parameter) = function.generics.type_params().next() {
        return Err(Error::new_spanned(parameter, "a function that Python calls has no type parameters"));
    }
    if receiver.takes_object() && function.inputs.is_empty() {
        return Err(Error::new_spanned(&function.ident, "a method takes `&self`, or the object as `&Obj<'py, Self>`"));
    }
    let (mut arguments, visible) = arguments(function, receiver, name)?;
    let mut collects = takes_all(function).then(|| quote!(::insula::rt::Collects::All));
    let (shape, prelude, text) = match &options.signature {
        None if takes_all(function) => {
            if let Some(parameter) = visible.first() {
                return Err(Error::new(parameter.span, "`Arguments` are all that come from Python"));
            }
            (quote!(::insula::rt::Shape::Keywords), TokenStream::new(), vec!["*args".to_owned(), "**kwargs".to_owned()])
        }
        None => {
            let mut text = Vec::new();
            for (position, parameter) in visible.iter().enumerate() {
                let (args, scope) = (local("args", parameter.span), local("scope", parameter.span));
                arguments[parameter.place] = match receiver {
                    Receiver::Setter => quote_spanned!(parameter.span=> #args.value(#position, #scope)?),
                    Receiver::Operator => quote_spanned! {parameter.span=>
                        match #args.value(#position, #scope) {
                            ::std::result::Result::Ok(value) => value,
                            ::std::result::Result::Err(error) => {
                                return ::insula::rt::not_implemented(::insula::rt::Scope::py(#scope), error);
                            }
                        }
                    },
                    _ => quote_spanned!(parameter.span=> #args.get(#name, #position, #scope)?),
                };
                text.push(parameter.name.map_or_else(|| format!("arg{position}"), |name| options.parameter(name)));
            }
            if !text.is_empty() {
                text.push("/".to_owned());
            }
            let arity = visible.len();
            (quote!(::insula::rt::Shape::Exactly(#arity)), TokenStream::new(), text)
        }
        Some(signature) => {
            let signature: Signature = syn::parse2(signature.clone())?;
            bind(&mut arguments, &visible, &signature)?;
            let count = signature.parameters.len();
            let constant = signature.expand(name, options, &names.add(&signature, options))?;
            collects = signature.collects(&constant);
            let [bound, args, scope] = ["bound", "args", "scope"].map(|name| local(name, Span::call_site()));
            let prelude = quote! {
                const __SIGNATURE: &::insula::rt::Signature = &#constant;
                let #bound = __SIGNATURE.bind::<#count, _>(#scope, #args)?;
            };
            let shape = if signature.takes_keywords() { quote!(Keywords) } else { quote!(Positional) };
            (quote!(::insula::rt::Shape::#shape), prelude, signature.text(options))
        }
    };
    let span = match &function.output {
        ReturnType::Default => function.ident.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    let mut call = quote_spanned!(span=> #path(#(#arguments),*));
    if is_async {
        let scope = local("scope", span);
        call = quote_spanned!(span=> ::insula::rt::coroutine(#scope, #name, || ::std::result::Result::Ok(#call)));
    }
    Ok(Handler { shape, prelude, call, arity: visible.len(), collects, text })
}

/// The expressions for all parameters, with gaps for those that come from Python, and the latter.
fn arguments<'a>(
    function: &'a syn::Signature,
    receiver: Receiver,
    name: &TokenStream,
) -> Result<(Vec<TokenStream>, Vec<Visible<'a>>)> {
    let (mut arguments, mut visible) = (Vec::new(), Vec::new());
    for (index, input) in function.inputs.iter().enumerate() {
        let (args, scope) = (local("args", input.span()), local("scope", input.span()));
        match input {
            FnArg::Receiver(slf) => {
                if !receiver.takes_object() {
                    return Err(Error::new_spanned(slf, "there is no `self` here"));
                }
                if slf.reference.is_none() || slf.mutability.is_some() || slf.colon_token.is_some() {
                    let message = "use `&self`: Python may hold other references to the object (for fields that \
                                   change, see `Slot`, `PyCell` and `Guarded`)";
                    return Err(Error::new_spanned(slf, message));
                }
                let own = local("slf", slf.span());
                arguments.push(quote_spanned!(slf.span()=> &**#own));
            }
            FnArg::Typed(typed) if index == 0 && receiver.takes_object() => {
                let own = local("slf", typed.ty.span());
                arguments.push(match function.asyncness {
                    Some(_) => quote_spanned!(typed.ty.span()=> ::insula::rt::rooted(#scope, #own)?),
                    None => quote_spanned!(typed.ty.span()=> #own),
                });
            }
            FnArg::Typed(typed) => match type_name(&typed.ty).as_deref() {
                Some("Cx" | "AsyncCx") if receiver == Receiver::Nowhere => {
                    let message = "a static method has no way to its module: use #[classmethod]";
                    return Err(Error::new_spanned(&typed.ty, message));
                }
                Some("Option") if is_option_of_cx(&typed.ty) => {
                    arguments.push(quote_spanned!(typed.ty.span()=> ::insula::rt::cx(#scope).ok()));
                }
                Some("Cx") => arguments.push(quote_spanned!(typed.ty.span()=> ::insula::rt::cx(#scope)?)),
                Some("AsyncCx") => {
                    arguments.push(quote_spanned!(typed.ty.span()=> ::insula::rt::async_cx(#scope)?));
                }
                Some("Arguments") => {
                    arguments.push(quote_spanned!(typed.ty.span()=> #args.of_function(#name)));
                }
                Some("Py") => arguments.push(quote_spanned!(typed.ty.span()=> ::insula::rt::Scope::py(#scope))),
                _ => {
                    let name = match &*typed.pat {
                        Pat::Ident(name) => Some(&name.ident),
                        _ => None,
                    };
                    let (ty, span) = (&*typed.ty, typed.ty.span());
                    visible.push(Visible { name, ty, span, place: arguments.len() });
                    arguments.push(TokenStream::new());
                }
            },
        }
    }
    Ok((arguments, visible))
}

/// Fills in the parameters that a signature names.
fn bind(arguments: &mut [TokenStream], visible: &[Visible<'_>], signature: &Signature) -> Result<()> {
    let place = |name: &Ident| {
        let found = visible.iter().find(|parameter| parameter.name.is_some_and(|own| own.unraw() == name.unraw()));
        found.ok_or_else(|| {
            Error::new(name.span(), format!("the function has no parameter `{name}` for Python to fill in"))
        })
    };
    for (index, parameter) in signature.parameters.iter().enumerate() {
        let Visible { ty, span, place, .. } = *place(&parameter.name)?;
        let (bound, scope) = (local("bound", span), local("scope", span));
        // With its type, so that a default of another is reported where it stands.
        let default = match (&parameter.default, mistakes::without_lifetimes(ty)) {
            (None, _) => quote!(|| ::std::option::Option::None),
            (Some(default), Some(ty)) => {
                quote_spanned!(span=> || -> ::std::option::Option<#ty> { ::std::option::Option::Some(#default) })
            }
            (Some(default), None) => quote_spanned!(span=> || ::std::option::Option::Some(#default)),
        };
        arguments[place] = quote_spanned!(span=> #bound.get(__SIGNATURE, #index, #scope, #default)?);
    }
    if let Some(rest) = &signature.rest {
        let Visible { span, place, .. } = *place(rest)?;
        let (bound, scope) = (local("bound", span), local("scope", span));
        arguments[place] = quote_spanned!(span=> #bound.rest(__SIGNATURE, #scope)?);
    }
    if let Some(keywords) = &signature.keywords {
        let Visible { span, place, .. } = *place(keywords)?;
        let (bound, scope) = (local("bound", span), local("scope", span));
        arguments[place] = quote_spanned!(span=> #bound.keywords(__SIGNATURE, #scope)?);
    }
    match visible.iter().find(|parameter| arguments[parameter.place].is_empty()) {
        Some(missing) => Err(Error::new(missing.span, "the signature does not name this parameter")),
        None => Ok(()),
    }
}

/// Whether a function takes the arguments as they come.
fn takes_all(function: &syn::Signature) -> bool {
    let is_arguments = |ty: &Type| type_name(ty).as_deref() == Some("Arguments");
    function.inputs.iter().any(|input| matches!(input, FnArg::Typed(typed) if is_arguments(&typed.ty)))
}

/// Whether a type is `Option<Cx<..>>`: for handlers that also run when the module is gone, such as `__del__`.
pub(crate) fn is_option_of_cx(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    match path.path.segments.last().map(|segment| &segment.arguments) {
        Some(PathArguments::AngleBracketed(of)) => match of.args.first() {
            Some(GenericArgument::Type(ty)) => type_name(ty).as_deref() == Some("Cx"),
            _ => false,
        },
        _ => false,
    }
}

/// The last segment of a type's path.
fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}
