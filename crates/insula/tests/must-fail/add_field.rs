//! A macro that adds a field to a struct: what a macro that runs after ours could do.

extern crate proc_macro;
use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

#[proc_macro_attribute]
pub fn add_field(_: TokenStream, item: TokenStream) -> TokenStream {
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let added: TokenStream = "added: &'py str".parse().unwrap();
                let fields = group.stream().into_iter().chain(added).collect();
                TokenTree::Group(Group::new(Delimiter::Brace, fields))
            }
            other => other,
        })
        .collect()
}
