//! What stub files have for classes and exceptions.

use syn::ext::IdentExt;
use syn::{ItemStruct, parse_quote};

use crate::class_options::Options;
use crate::doc;
use crate::member::Member;
use crate::stub::{self, ClassHead, Kind, Stub};
use crate::variants::Part;

/// All lines of a class; `methods` are those of its methods. A variant of an enum stands in the class of the enum,
/// whose lines come before.
pub(crate) fn lines(item: &ItemStruct, options: &Options, members: &[Member], methods: &Stub) -> String {
    let own = of_class(item, options, members);
    let text = format!("{}{}", own.text(), methods.text());
    match (options.hidden, &options.part) {
        (true, Some(Part::Variant(_))) => {
            // Nothing in a signature can mean the class of a variant: its name in Rust is no concern of the stub
            // file's.
            text.lines().filter(|line| !line.starts_with("#:class ")).map(|line| format!("    {line}\n")).collect()
        }
        (true, _) => String::new(),
        (false, _) => text,
    }
}

/// The line of a class, with those of its fields.
fn of_class(item: &ItemStruct, options: &Options, members: &[Member]) -> Stub {
    let mut stub = Stub::of_class(&item.ident);
    let head = ClassHead {
        rust: item.ident.unraw().to_string(),
        python: &options.python_name(&item.ident),
        base: match options.base_from {
            // Found when the module is executed: the author may name it, with `stub = "class Name(package.Base):"`.
            Some(_) => None,
            None => options.base.as_ref().map(stub::base),
        },
        kind: match (options.subclassable, &options.base) {
            (false, _) => Kind::Final,
            (true, Some(base)) if ["Int", "Bytes", "Tuple"].iter().any(|varies| ends_with(base, varies)) => Kind::Plain,
            (true, _) => Kind::Disjoint,
        },
        given: options.stub.as_deref(),
    };
    stub.class(&head, &doc::text(&item.attrs));
    for Member { name, ty, settable, doc, .. } in members {
        stub.member(name, ty, *settable, doc);
    }
    if let Some(Part::Units(of)) = &options.part {
        for variant in &of.variants {
            stub.constant(&variant.ident.unraw().to_string(), Some(&parse_quote!(Self)));
        }
        stub.line(&format!("__members__: $ClassVar[$Mapping[$str, @{}@]]", item.ident.unraw()));
    }
    if options.generic {
        stub.line("@classmethod");
        stub.line("def __class_getitem__(cls, item: $Any, /) -> $GenericAlias: ...");
    }
    stub
}

/// The lines of an exception.
pub(crate) fn of_exception(item: &ItemStruct, options: &Options) -> Stub {
    let mut stub = Stub::of_class(&item.ident);
    let head = ClassHead {
        rust: item.ident.unraw().to_string(),
        python: &options.python_name(&item.ident),
        base: Some(options.base.as_ref().map_or_else(|| "@Exception@".to_owned(), stub::base)),
        kind: Kind::Plain,
        given: options.stub.as_deref(),
    };
    stub.class(&head, &doc::text(&item.attrs));
    stub
}

fn ends_with(path: &syn::Path, name: &str) -> bool {
    path.segments.last().is_some_and(|last| last.ident == name)
}
