//! What a Rust type is called in a stub file, as far as its spelling tells.
//!
//! `$name` is a type of Python's own, `@Name@` one that the module may have by that name in Rust; whoever writes the
//! stub file finds out.

use syn::{GenericArgument, Ident, PathArguments, Type};

/// Whether a value comes from Python or goes there.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Direction {
    Argument,
    Result,
}

/// Any object at all.
fn any(direction: Direction) -> String {
    match direction {
        Direction::Argument => "$object".to_owned(),
        Direction::Result => "$Any".to_owned(),
    }
}

/// The name of a type; `own` is what `Self` means.
pub(crate) fn python_type(ty: &Type, direction: Direction, own: Option<&Ident>) -> String {
    let of = |ty: &Type| python_type(ty, direction, own);
    match ty {
        Type::Reference(reference) => of(&reference.elem),
        Type::Slice(slice) if is_byte(&slice.elem) => "$bytes".to_owned(),
        Type::Paren(inner) => of(&inner.elem),
        Type::Group(inner) => of(&inner.elem),
        Type::Array(array) => many(&array.elem, direction, own),
        Type::Tuple(tuple) if tuple.elems.is_empty() => "None".to_owned(),
        Type::Tuple(tuple) => {
            let items: Vec<String> = tuple.elems.iter().map(of).collect();
            format!("$tuple[{}]", items.join(", "))
        }
        Type::Path(path) => match path.path.segments.last() {
            Some(last) => named(&last.ident, &arguments(&last.arguments), direction, own),
            None => any(direction),
        },
        _ => any(direction),
    }
}

fn is_byte(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident("u8"))
}

/// What a `Vec` and its like are: any sequence on the way in, a new list on the way out, of bytes `bytes`.
fn many(item: &Type, direction: Direction, own: Option<&Ident>) -> String {
    let of = python_type(item, direction, own);
    match direction {
        Direction::Argument => format!("$Sequence[{of}]"),
        Direction::Result if is_byte(item) => "$bytes".to_owned(),
        Direction::Result => format!("$list[{of}]"),
    }
}

/// The types among generic arguments.
fn arguments(arguments: &PathArguments) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return Vec::new() };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

fn named(name: &Ident, arguments: &[&Type], direction: Direction, own: Option<&Ident>) -> String {
    let of = |place: usize| arguments.get(place).map_or_else(|| any(direction), |ty| python_type(ty, direction, own));
    let name = name.to_string();
    match (name.as_str(), arguments) {
        ("Vec" | "VecDeque", [item]) => return many(item, direction, own),
        ("Box" | "Arc" | "Rc", [Type::Slice(slice)]) => return many(&slice.elem, direction, own),
        _ => {}
    }
    match name.as_str() {
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "Int" => {
            "$int".to_owned()
        }
        "f32" | "f64" | "Float" => "$float".to_owned(),
        "bool" | "Bool" => "$bool".to_owned(),
        "str" | "String" | "char" | "Str" => "$str".to_owned(),
        "Bytes" => "$bytes".to_owned(),
        "ByteArray" => "$bytearray".to_owned(),
        "Complex" => "$complex".to_owned(),
        "Range" => "$range".to_owned(),
        "Slice" => "$slice".to_owned(),
        "Tuple" => "$tuple[$Any, ...]".to_owned(),
        "List" => "$list[$Any]".to_owned(),
        "Dict" => "$dict[$Any, $Any]".to_owned(),
        "Set" => "$set[$Any]".to_owned(),
        "FrozenSet" => "$frozenset[$Any]".to_owned(),
        "Type" => "$type[$Any]".to_owned(),
        "Module" => "$ModuleType".to_owned(),
        "Iter" => "$Iterator[$Any]".to_owned(),
        "Any" => any(direction),
        "Self" => own.map_or_else(|| any(direction), |own| format!("@{own}@")),
        "Obj" | "Root" | "PyCell" | "Guarded" | "PyResult" | "Result" | "Box" | "Arc" | "Rc" | "Cow" => of(0),
        "Option" | "Slot" => optional(&of(0)),
        "HashSet" | "BTreeSet" if direction == Direction::Argument => format!("$Iterable[{}]", of(0)),
        "HashSet" | "BTreeSet" => format!("$set[{}]", of(0)),
        "HashMap" | "BTreeMap" if direction == Direction::Argument => format!("$Mapping[{}, {}]", of(0), of(1)),
        "HashMap" | "BTreeMap" => format!("$dict[{}, {}]", of(0), of(1)),
        other => format!("@{other}@"),
    }
}

/// The type, or `None`.
fn optional(of: &str) -> String {
    if of == "None" || of == "$Any" || of == "$object" || of.ends_with("| None") {
        of.to_owned()
    } else {
        format!("{of} | None")
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::{Direction, python_type};

    #[test]
    fn types_have_the_names_that_python_has_for_them() {
        let named = [
            (quote!(i64), "$int", "$int"),
            (quote!(&str), "$str", "$str"),
            (quote!(&[u8]), "$bytes", "$bytes"),
            (quote!(()), "None", "None"),
            (quote!(PyResult<'py, ()>), "None", "None"),
            (quote!(&Obj<'py>), "$object", "$Any"),
            (quote!(&Obj<'py, types::Dict>), "$dict[$Any, $Any]", "$dict[$Any, $Any]"),
            (
                quote!(Option<Vec<(String, f64)>>),
                "$Sequence[$tuple[$str, $float]] | None",
                "$list[$tuple[$str, $float]] | None",
            ),
            (quote!(PyResult<'py, Vec<i64>>), "$Sequence[$int]", "$list[$int]"),
            (quote!([f64; 3]), "$Sequence[$float]", "$list[$float]"),
            (quote!(Box<[String]>), "$Sequence[$str]", "$list[$str]"),
            (quote!(Guarded<'py, Vec<String>>), "$Sequence[$str]", "$list[$str]"),
            (quote!(Box<str>), "$str", "$str"),
            (quote!(Vec<u8>), "$Sequence[$int]", "$bytes"),
            (quote!(Option<[u8; 16]>), "$Sequence[$int] | None", "$bytes | None"),
            (quote!(Vec<Vec<u8>>), "$Sequence[$Sequence[$int]]", "$list[$bytes]"),
            (quote!(Cow<'_, [u8]>), "$bytes", "$bytes"),
            (quote!(HashSet<u8>), "$Iterable[$int]", "$set[$int]"),
            (quote!(HashMap<String, Obj<'py, Circle<'py>>>), "$Mapping[$str, @Circle@]", "$dict[$str, @Circle@]"),
            (quote!(Result<Obj<'py, Self>, Error>), "@Me@", "@Me@"),
            (quote!(impl Fn()), "$object", "$Any"),
        ];
        let own = proc_macro2::Ident::new("Me", proc_macro2::Span::call_site());
        for (ty, argument, result) in named {
            let ty: syn::Type = syn::parse2(ty).expect("a type");
            assert_eq!(python_type(&ty, Direction::Argument, Some(&own)), argument);
            assert_eq!(python_type(&ty, Direction::Result, Some(&own)), result);
        }
    }
}
