//! `signature = (a, b = 1, /, c, *args, d, **kwargs)`: what a function accepts, as Python would write it.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, ExprLit, ExprUnary, Lit, Result, Token, UnOp, ext::IdentExt};

use crate::doc;
use crate::names::CallOptions;

/// A parsed signature.
pub(crate) struct Signature {
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) positional_only: usize,
    pub(crate) positional: usize,
    /// The parameter that collects further positional arguments.
    pub(crate) rest: Option<Ident>,
    /// The parameter that collects further keyword arguments.
    pub(crate) keywords: Option<Ident>,
}

pub(crate) struct Parameter {
    pub(crate) name: Ident,
    pub(crate) default: Option<Expr>,
}

impl Parse for Signature {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut signature =
            Signature { parameters: Vec::new(), positional_only: 0, positional: 0, rest: None, keywords: None };
        let (mut slash, mut star) = (false, false);
        let mut seen = HashSet::new();
        let mut name_of = |input: ParseStream<'_>| -> Result<Ident> {
            let name = input.call(Ident::parse_any)?;
            if seen.insert(name.unraw().to_string()) {
                Ok(name)
            } else {
                Err(Error::new(name.span(), format!("`{name}` occurs twice in the signature")))
            }
        };
        while !input.is_empty() {
            if let Some(kwargs) = &signature.keywords {
                return Err(Error::new(kwargs.span(), "nothing can follow `**kwargs`"));
            }
            if input.peek(Token![/]) {
                let token: Token![/] = input.parse()?;
                if slash || star || signature.parameters.is_empty() {
                    return Err(Error::new(token.span, "`/` stands once, behind a parameter and before any `*`"));
                }
                slash = true;
                signature.positional_only = signature.parameters.len();
            } else if input.peek(Token![*]) && input.peek2(Token![*]) {
                input.parse::<Token![*]>()?;
                input.parse::<Token![*]>()?;
                signature.keywords = Some(name_of(input)?);
            } else if input.peek(Token![*]) {
                let token: Token![*] = input.parse()?;
                if star {
                    return Err(Error::new(token.span, "`*` stands only once"));
                }
                star = true;
                signature.positional = signature.parameters.len();
                if !input.is_empty() && !input.peek(Token![,]) {
                    signature.rest = Some(name_of(input)?);
                } else if input.is_empty() || input.peek2(Token![*]) {
                    return Err(Error::new(token.span, "a parameter must follow `*`"));
                }
            } else {
                let name = name_of(input)?;
                let default = if input.parse::<Option<Token![=]>>()?.is_some() { Some(input.parse()?) } else { None };
                let after_default = signature.parameters.last().is_some_and(|before| before.default.is_some());
                if default.is_none() && after_default && !star {
                    return Err(Error::new(name.span(), "a parameter without a default follows one with a default"));
                }
                signature.parameters.push(Parameter { name, default });
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if !star {
            signature.positional = signature.parameters.len();
        }
        Ok(signature)
    }
}

impl Signature {
    /// Whether any argument can be given by keyword.
    pub(crate) fn takes_keywords(&self) -> bool {
        self.keywords.is_some() || self.positional_only < self.parameters.len()
    }

    /// The constant in the expansion; `interned` is where its names begin in the module's table.
    pub(crate) fn expand(
        &self,
        function: &TokenStream,
        options: &CallOptions,
        interned: &TokenStream,
    ) -> Result<TokenStream> {
        let parameters = self.parameters.iter().map(|Parameter { name, default }| {
            let (name, required) = (doc::c_string(&options.parameter(name))?, default.is_none());
            Ok(quote!(::insula::rt::Parameter { name: #name, required: #required }))
        });
        let parameters: Vec<TokenStream> = parameters.collect::<Result<_>>()?;
        let Signature { positional_only, positional, .. } = self;
        let (rest, keywords) = (self.rest.is_some(), self.keywords.is_some());
        Ok(quote! {
            // SAFETY: the numbers count the parameters, whose names the module's table has from there on.
            unsafe {
                ::insula::rt::Signature::new(
                    #function, &[#(#parameters),*], #positional_only, #positional, #rest, #keywords, #interned,
                )
            }
        })
    }

    /// `COLLECTS` of a constructor with this signature, which is that constant, if it collects arguments.
    pub(crate) fn collects(&self, constant: &TokenStream) -> Option<TokenStream> {
        let collects = self.rest.is_some() || self.keywords.is_some();
        collects.then(|| {
            quote!({
                const __SIGNATURE: &::insula::rt::Signature = &#constant;
                ::insula::rt::Collects::Rest(__SIGNATURE)
            })
        })
    }

    /// As `__text_signature__` has it, without the receiver.
    pub(crate) fn text(&self, options: &CallOptions) -> Vec<String> {
        let mut parts = Vec::new();
        for (index, Parameter { name, default }) in self.parameters.iter().enumerate() {
            if index == self.positional_only && index > 0 {
                parts.push("/".to_owned());
            }
            if index == self.positional {
                parts.push(
                    self.rest.as_ref().map_or_else(|| "*".to_owned(), |rest| format!("*{}", options.parameter(rest))),
                );
            }
            let name = options.parameter(name);
            parts.push(match default {
                Some(default) => format!("{name}={}", python(default)),
                None => name,
            });
        }
        if self.positional_only > 0 && self.positional_only == self.parameters.len() {
            parts.push("/".to_owned());
        }
        if let Some(rest) = self.rest.as_ref().filter(|_| self.positional == self.parameters.len()) {
            parts.push(format!("*{}", options.parameter(rest)));
        }
        parts.extend(self.keywords.as_ref().map(|keywords| format!("**{}", options.parameter(keywords))));
        parts
    }
}

impl Signature {
    /// As a stub file has it, without the receiver.
    pub(crate) fn annotated(&self, options: &CallOptions, of: impl Fn(&Ident) -> String) -> Vec<String> {
        let rest = |rest: &Ident| {
            let of = of(rest);
            let item = of.strip_prefix("$Sequence[").and_then(|of| of.strip_suffix(']')).unwrap_or("$Any");
            format!("*{}: {item}", options.parameter(rest))
        };
        let mut parts = Vec::new();
        for (index, Parameter { name, default }) in self.parameters.iter().enumerate() {
            if index == self.positional_only && index > 0 {
                parts.push("/".to_owned());
            }
            if index == self.positional {
                parts.push(self.rest.as_ref().map_or_else(|| "*".to_owned(), rest));
            }
            let default = default.as_ref().map_or_else(String::new, |default| format!(" = {}", python(default)));
            parts.push(format!("{}: {}{default}", options.parameter(name), of(name)));
        }
        if self.positional_only > 0 && self.positional_only == self.parameters.len() {
            parts.push("/".to_owned());
        }
        parts.extend(self.rest.as_ref().filter(|_| self.positional == self.parameters.len()).map(rest));
        parts.extend(self.keywords.as_ref().map(|keywords| format!("**{}: $Any", options.parameter(keywords))));
        parts
    }
}

/// A default as Python writes it; `...` for what it has no word for.
fn python(default: &Expr) -> String {
    match default {
        Expr::Path(path) if path.path.is_ident("None") => "None".to_owned(),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match python(expr).as_str() {
            "..." => "...".to_owned(),
            number => format!("-{number}"),
        },
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Bool(value) => if value.value { "True" } else { "False" }.to_owned(),
            Lit::Int(value) => value.base10_digits().to_owned(),
            Lit::Float(value) => value.base10_digits().to_owned(),
            Lit::Str(value) if value.value().chars().all(|c| (' '..='~').contains(&c) && c != '\'' && c != '\\') => {
                format!("'{}'", value.value())
            }
            _ => "...".to_owned(),
        },
        _ => "...".to_owned(),
    }
}
