//! `#[class] use shapes::Circle;`: items that a module has and that are declared elsewhere.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Error, Ident, ItemUse, Result, UseTree};

use crate::doc;
use crate::emit::local;

/// The items that a module lists, in the order in which it does.
#[derive(Default)]
pub(crate) struct Listed {
    /// The `use` items, as they stay.
    pub(crate) uses: Vec<ItemUse>,
    /// Each item with its place among the classes, the exceptions, the functions or the submodules.
    pub(crate) classes: Vec<(usize, Ident)>,
    pub(crate) exceptions: Vec<(usize, Ident)>,
    pub(crate) functions: Vec<Ident>,
    pub(crate) submodules: Vec<Ident>,
    pub(crate) constants: Vec<(String, Ident)>,
}

/// The names that a `use` brings in: what the module's own code calls the items.
pub(crate) fn names(item: &ItemUse) -> Result<Vec<Ident>> {
    fn walk(tree: &UseTree, names: &mut Vec<Ident>) -> Result<()> {
        match tree {
            UseTree::Path(path) => walk(&path.tree, names),
            UseTree::Name(name) if name.ident == "self" => {
                Err(Error::new_spanned(name, "name the item itself: the module lists each by its name"))
            }
            UseTree::Name(name) => {
                names.push(name.ident.clone());
                Ok(())
            }
            UseTree::Rename(rename) if rename.rename == "_" => {
                Err(Error::new_spanned(rename, "the item needs a name here"))
            }
            UseTree::Rename(rename) => {
                names.push(rename.rename.clone());
                Ok(())
            }
            UseTree::Glob(glob) => Err(Error::new_spanned(glob, "the module lists each item by its name, not by `*`")),
            UseTree::Group(group) => group.items.iter().try_for_each(|tree| walk(tree, names)),
        }
    }
    let mut names = Vec::new();
    walk(&item.tree, &mut names)?;
    Ok(names)
}

/// The items of a module that have further entries in its table, in the order of these.
enum Entries<'a> {
    Class(&'a Ident),
    Function(&'a Ident),
}

impl Entries<'_> {
    fn further(&self) -> TokenStream {
        match self {
            Entries::Class(name) => quote_spanned!(name.span()=> <self::#name as ::insula::rt::ClassItem>::FURTHER),
            Entries::Function(name) => {
                quote_spanned!(name.span()=> <self::#name as ::insula::rt::FunctionItem>::FURTHER)
            }
        }
    }
}

/// The order of the classes or the exceptions in the table of a module.
pub(crate) struct Order {
    /// How many entries come before them, and how many there are.
    first: usize,
    count: usize,
    /// The constant that has the place of each, where the module lists some: only the compiler knows what derives from
    /// what.
    places: Option<&'static str>,
}

impl Order {
    fn constant(&self) -> Option<Ident> {
        self.places.map(|name| Ident::new(name, Span::call_site()))
    }

    /// The place in the table of the one that is declared there.
    pub(crate) fn place(&self, declared: usize) -> TokenStream {
        let (first, literal) = (self.first, self.first + declared);
        match self.constant() {
            None => quote!(#literal),
            Some(places) if first == 0 => quote!(#places[#declared]),
            Some(places) => quote!(#first + #places[#declared]),
        }
    }

    fn arrange(&self, entries: &[TokenStream]) -> TokenStream {
        match self.constant() {
            None => quote!([#(#entries),*]),
            Some(places) => quote!(::insula::rt::arranged([#(#entries),*], #places)),
        }
    }

    /// The constant with the places, of types that are so deep.
    pub(crate) fn definition(&self, depths: &[TokenStream]) -> Option<TokenStream> {
        let (name, count) = (self.constant()?, self.count);
        Some(quote!(const #name: [usize; #count] = ::insula::rt::places([#(#depths),*]);))
    }
}

impl Listed {
    fn with_entries(&self) -> Vec<Entries<'_>> {
        let classes = self.classes.iter().map(|(_, name)| Entries::Class(name));
        classes.chain(self.functions.iter().map(Entries::Function)).collect()
    }

    /// The order in which a module makes its classes, and its exceptions.
    pub(crate) fn orders(&self, classes: usize, exceptions: usize) -> [Order; 2] {
        [
            Order { first: 0, count: classes, places: (!self.classes.is_empty()).then_some("__CLASS_PLACES") },
            Order {
                first: classes,
                count: exceptions,
                places: (!self.exceptions.is_empty()).then_some("__EXCEPTION_PLACES"),
            },
        ]
    }

    /// How many entries the table of a module has, and all of them, where the module itself says `own`: the classes,
    /// the exceptions, and the rest.
    pub(crate) fn entries(&self, own: &[TokenStream], orders: &[Order; 2]) -> (TokenStream, TokenStream) {
        let count = own.len();
        let further: Vec<TokenStream> = self.with_entries().iter().map(Entries::further).collect();
        if further.is_empty() && orders.iter().all(|order| order.places.is_none()) {
            return (quote!(#count), quote!(&[#(#own),*]));
        }
        let count = quote!({ #count #(+ #further.len())* });
        let (types, rest) = own.split_at(orders[1].first + orders[1].count);
        let arranged = orders.iter().map(|order| order.arrange(&types[order.first..order.first + order.count]));
        let all = quote!(&::insula::rt::join::<::insula::rt::EntryDef, #count>(
            &[#(&#arranged,)* &[#(#rest),*], #(#further),*],
            ::insula::rt::NO_ENTRY,
        ));
        (count, all)
    }

    /// What the module says about each item; its own entries are `own` many.
    pub(crate) fn implementations(&self, own: usize, orders: &[Order; 2]) -> TokenStream {
        let mut before = quote!(#own);
        let mut all = Vec::new();
        for item in self.with_entries() {
            let further = item.further();
            all.push(match item {
                Entries::Class(name) => {
                    let index = self.classes.iter().find(|(_, class)| class == name).map_or(0, |(index, _)| *index);
                    let body = listed(name.span(), &orders[0].place(index), &before);
                    // The class itself knows whether it has a brand: the macro of its name puts that in.
                    quote_spanned!(ours(name)=> self::#name! { unsafe impl (self::#name) #body })
                }
                Entries::Function(name) => {
                    let path = quote_spanned!(name.span()=> self::#name);
                    implementation(name, &path, &quote!(0), &before)
                }
            });
            before = quote!(#before + #further.len());
        }
        for (place, name) in &self.exceptions {
            let path = quote_spanned!(name.span()=> self::#name);
            all.push(implementation(name, &path, &orders[1].place(*place), &quote!(0)));
        }
        for (place, name) in self.submodules.iter().enumerate() {
            let index = orders[1].first + orders[1].count + place;
            let path = quote_spanned!(name.span()=> self::#name::__Module);
            all.push(implementation(name, &path, &quote!(#index), &quote!(0)));
        }
        quote!(#(#all)*)
    }

    /// The lines of the items in a stub file: constant expressions.
    pub(crate) fn described(&self) -> Vec<TokenStream> {
        let types = self.classes.iter().chain(&self.exceptions).map(|(_, name)| name).chain(&self.functions);
        let types = types.map(|name| quote_spanned!(name.span()=> <self::#name as ::insula::rt::Described>::STUB));
        let modules = self
            .submodules
            .iter()
            .map(|name| quote_spanned!(name.span()=> <self::#name::__Module as ::insula::rt::Described>::STUB));
        types.chain(modules).collect()
    }

    /// The constants, as they are set when the module is executed.
    pub(crate) fn constants(&self) -> Result<TokenStream> {
        let constants = self.constants.iter().map(|(name, path)| {
            let (name, scope) = (doc::c_string(name)?, local("scope", path.span()));
            Ok(quote_spanned! {path.span()=>
                ::insula::rt::ClassAttribute {
                    name: #name,
                    make: |py| {
                        let #scope = &::insula::rt::StaticScope::<'_, __Module>::new(py);
                        ::insula::rt::result::<::insula::rt::Object, _, _>(#scope, #path)
                    },
                }
            })
        });
        let constants: Vec<TokenStream> = constants.collect::<Result<_>>()?;
        if constants.is_empty() {
            return Ok(TokenStream::new());
        }
        Ok(quote!(const CONSTANTS: &'static [::insula::rt::ClassAttribute] = &[#(#constants),*];))
    }

    /// The name in Python of a listed constant or submodule.
    pub(crate) fn python_name(name: &Ident) -> String {
        name.unraw().to_string()
    }
}

/// The body of the implementation of `Listed`. All of it has one place, or the compiler points at the whole module.
fn listed(place: Span, index: &TokenStream, further: &TokenStream) -> TokenStream {
    quote_spanned!(place=> {
        type Module = __Module;
        const INDEX: usize = #index;
        const FURTHER: usize = #further;
    })
}

/// Where a name is, for tokens that the expansion adds: those of the user's own would break their
/// `forbid(unsafe_code)`.
fn ours(name: &Ident) -> Span {
    Span::mixed_site().located_at(name.span())
}

fn implementation(name: &Ident, ty: &TokenStream, index: &TokenStream, further: &TokenStream) -> TokenStream {
    let body = listed(name.span(), index, further);
    // SAFETY (of what is written): the table of this module has the item's entries at these places.
    quote_spanned!(ours(name)=> unsafe impl ::insula::rt::Listed for #ty #body)
}
