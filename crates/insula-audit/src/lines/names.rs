//! Names as the linker has them, and as their authors wrote them.

/// The linker's name of a variable or a function, as its author wrote it.
pub(crate) fn demangled(symbol: &str) -> String {
    let (name, offset) = symbol.split_at(symbol.rfind('+').unwrap_or(symbol.len()));
    let plain = match rustc_demangle::try_demangle(name) {
        Ok(rust) => format!("{rust:#}"),
        Err(_) => {
            cpp_demangle::Symbol::new(name).ok().and_then(|cpp| cpp.demangle().ok()).unwrap_or_else(|| name.to_owned())
        }
    };
    plain + offset
}

/// A name of Rust without what the compiler and its macros put around a variable: `shop::LAST` for
/// `shop::LAST::{constant#0}::{closure#1}::__RUST_STD_INTERNAL_VAL`.
pub(super) fn tidy(name: &str) -> String {
    let made_up = |part: &&str| part.starts_with('{') || matches!(*part, "__RUST_STD_INTERNAL_VAL" | "__getit");
    if !name.contains("::{") {
        return name.to_owned();
    }
    name.split("::").filter(|part| !made_up(part)).collect::<Vec<_>>().join("::")
}

/// A variable's name without the offset in it, and without the number that compilers give to statics of functions.
pub(crate) fn without_number(name: &str) -> String {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut name = name.rsplit_once('+').filter(|(_, offset)| number(offset)).map_or(name, |(name, _)| name);
    while let Some((start, _)) = name.rsplit_once('.').filter(|(_, end)| number(end)) {
        name = start;
    }
    name.to_owned()
}

/// Functions of C++ binding generators, through which every call goes.
pub(super) fn is_of_generator(name: &str) -> bool {
    ["pybind11::", "nanobind::", "boost::python::"].iter().any(|space| name.contains(space))
}

/// A name of Cython's C code: the kind of thing (`v`, `pw`, `tp_dealloc`), the module and the classes around it, its
/// own name.
pub(super) fn cython(symbol: &str) -> Option<(&str, Vec<&str>, &str)> {
    let rest = symbol.strip_prefix("__pyx_")?;
    // Each part has its length in front of it, and ends in an underscore: `pw_4shop_7Counter_3bump`.
    let start = rest.find(|c: char| c.is_ascii_digit())?;
    let kind = rest[..start].strip_suffix('_')?;
    let (mut parts, mut rest) = (Vec::new(), &rest[start..]);
    while let Some((part, after)) = length_prefixed(rest) {
        parts.push(part);
        rest = after;
    }
    // Functions have a number in front of their own name.
    let own = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    (!parts.is_empty() && !own.is_empty()).then_some((kind, parts, own))
}

fn length_prefixed(text: &str) -> Option<(&str, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let length: usize = text[..digits].parse().ok()?;
    let part = text[digits..].get(..length)?;
    Some((part, text[digits + length..].strip_prefix('_')?))
}

#[cfg(test)]
mod tests {
    use super::{cython, demangled, tidy, without_number};

    #[test]
    fn names_do_not_hold_what_another_build_changes() {
        assert_eq!(without_number("cache"), "cache");
        assert_eq!(without_number("cache+24"), "cache");
        assert_eq!(without_number("cache.3+8"), "cache");
        assert_eq!(without_number("operator+"), "operator+");
        assert_eq!(without_number("crate::CELL"), "crate::CELL");
    }

    #[test]
    fn names_are_as_their_authors_wrote_them() {
        assert_eq!(demangled("_ZN4shop5cacheE+8"), "shop::cache+8");
        assert_eq!(demangled("_ZN4shop5CACHE17h0123456789abcdefE"), "shop::CACHE");
        assert_eq!(tidy("bag::LAST::{constant#0}::{closure#1}::__RUST_STD_INTERNAL_VAL"), "bag::LAST");
        assert_eq!(cython("__pyx_v_4shop_cache"), Some(("v", vec!["shop"], "cache")));
        assert_eq!(cython("__pyx_pw_3pkg_4shop_7Counter_3bump"), Some(("pw", vec!["pkg", "shop", "Counter"], "bump")));
        assert_eq!(cython("__pyx_tp_dealloc_4shop_Counter"), Some(("tp_dealloc", vec!["shop"], "Counter")));
        assert_eq!(cython("__pyx_mstate_global_static"), None);
        assert_eq!(cython("price_cache"), None);
    }
}
