//! What the macros make of `modules/xxlimited`, kept to be read: a change of the expansion is a change to look at.

use std::path::Path;

use syn::{Item, ItemMod};

/// The module as it is written, and as it expands.
#[test]
fn expansion_of_xxlimited_is_the_one_that_was_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source =
        std::fs::read_to_string(folder.join("../../modules/xxlimited/src/lib.rs")).expect("the module is there");
    let file = syn::parse_file(&source).expect("it is Rust");
    let module = file.items.into_iter().find_map(|item| match item {
        Item::Mod(module) => Some(module),
        _ => None,
    });
    let mut module: ItemMod = module.expect("it has a module");
    module.attrs.retain(|attribute| attribute.path().is_ident("doc"));
    let expanded = crate::module::expand(Default::default(), quote::quote!(#module)).expect("it expands");
    let expanded = prettyplease::unparse(&syn::parse2(expanded).expect("the expansion is Rust"));
    let kept = folder.join("expanded/xxlimited.rs");
    if std::env::var_os("INSULA_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&kept, &expanded).expect("the folder is writable");
    }
    let read = std::fs::read_to_string(&kept).unwrap_or_default();
    assert!(
        read == expanded,
        "the expansion differs from {}; look at what changed with INSULA_UPDATE_SNAPSHOTS=1 and git diff",
        kept.display()
    );
}
