//! `#[cfg]` and `#[cfg_attr]` inside an item: what is left of it is known only to the compiler.
//!
//! It strips them from an item before a derive macro sees it, and from all that is inside, but not before an attribute
//! macro does. So an item with one inside goes through a derive: it is put into the length of an array, in a struct
//! that is derived from and then taken away.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;
use syn::{Error, Result};

/// Whether an attribute `cfg` or `cfg_attr` is somewhere in there.
pub(crate) fn is_conditional(tokens: TokenStream) -> bool {
    let mut after_hash = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                if after_hash && group.delimiter() == Delimiter::Bracket {
                    let first = group.stream().into_iter().next();
                    let is_cfg = matches!(first, Some(TokenTree::Ident(name)) if name == "cfg" || name == "cfg_attr");
                    if is_cfg {
                        return true;
                    }
                }
                if is_conditional(group.stream()) {
                    return true;
                }
                after_hash = false;
            }
            TokenTree::Punct(punct) => after_hash = punct.as_char() == '#' || (after_hash && punct.as_char() == '!'),
            _ => after_hash = false,
        }
    }
    false
}

/// Lets the compiler strip the item; [`take`] gets it back, with the name and the arguments of the attribute.
pub(crate) fn strip(attribute: &str, args: TokenStream, item: TokenStream) -> TokenStream {
    let attribute = quote::format_ident!("{attribute}");
    quote! {
        #[derive(::insula::rt::__Configured)]
        #[__insula(#attribute(#args))]
        #[::insula::rt::__gone]
        struct __Configured([(); { #item 0 }]);
    }
}

/// Takes an item out of what the compiler stripped: the name of the attribute, its arguments and the item.
pub(crate) fn take(derived: TokenStream) -> Result<(String, TokenStream, TokenStream)> {
    let (mut call, mut item) = (None, None);
    for token in derived {
        let TokenTree::Group(group) = token else { continue };
        match group.delimiter() {
            Delimiter::Bracket => {
                let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
                if let [TokenTree::Ident(name), TokenTree::Group(inside)] = tokens.as_slice()
                    && name == "__insula"
                {
                    call = Some(inside.stream());
                }
            }
            Delimiter::Parenthesis => item = inside(group.stream()).and_then(inside),
            _ => {}
        }
    }
    let mut call = call.into_iter().flatten();
    match (call.next(), call.next(), item) {
        (Some(TokenTree::Ident(name)), Some(TokenTree::Group(args)), Some(item)) => {
            // The number after it is there because a block without a value is no length.
            let mut item: Vec<TokenTree> = item.into_iter().collect();
            item.pop();
            Ok((name.to_string(), args.stream(), item.into_iter().collect()))
        }
        _ => Err(Error::new(proc_macro2::Span::call_site(), "this is not for use by hand")),
    }
}

/// What is inside the last pair of brackets.
fn inside(tokens: TokenStream) -> Option<TokenStream> {
    let groups = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    });
    groups.last()
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::{is_conditional, strip, take};

    #[test]
    fn an_item_comes_back_as_it_went() {
        let item = quote!(
            mod shapes {
                #[cfg(unix)]
                struct A {
                    a: [u8; { 1 + 1 }],
                }
            }
        );
        assert!(is_conditional(item.clone()));
        let (name, args, back) = take(strip("module", quote!(once_per_process), item.clone())).expect("it is one");
        assert_eq!((name.as_str(), args.to_string().as_str()), ("module", "once_per_process"));
        assert_eq!(back.to_string(), item.to_string());
    }

    #[test]
    fn only_attributes_make_an_item_conditional() {
        assert!(!is_conditional(quote!(
            fn f() {
                let cfg = [cfg];
                if cfg!(unix) {}
            }
        )));
        assert!(is_conditional(quote!(
            mod m {
                #![cfg_attr(unix, allow(unused))]
            }
        )));
        assert!(is_conditional(quote!(
            struct S {
                #[cfg(unix)]
                a: u8,
            }
        )));
    }
}
