//! The operators and comparisons that a class does not have, though CPython shows them (they take `Never`): left out
//! where a base has them.

use std::collections::{BTreeMap, BTreeSet};

/// What a class derives from, and what it defines itself.
struct Class<'a> {
    /// What follows the parenthesis in its line.
    bases: &'a str,
    /// The name in Python of a base that is a class, too.
    base: Option<&'a str>,
    defines: BTreeSet<&'a str>,
}

impl Class<'_> {
    /// Whether a built-in type that it derives from has the method: most of those with operators have all that the
    /// class itself is likely to have a half of.
    fn has_of_python(&self, name: &str) -> bool {
        let Some(base) = self.bases.strip_prefix('$') else { return false };
        match &base[..base.find(|c: char| !c.is_alphanumeric()).unwrap_or(base.len())] {
            "object" => false,
            "dict" => ["__or__", "__ror__"].contains(&name),
            _ => true,
        }
    }
}

/// The lines of a module without what is left out. `named` gives a class's name in Python for that in Rust.
pub(super) fn without_inherited<'a>(lines: &'a [String], named: impl Fn(&str) -> Option<&'a str>) -> Vec<&'a str> {
    let (mut classes, mut current): (BTreeMap<&str, Class<'_>>, &str) = (BTreeMap::new(), "");
    for line in lines {
        if let Some((name, bases)) = class(line) {
            current = name;
            let base = bases.strip_prefix('@').and_then(|base| base.split('@').next()).and_then(&named);
            classes.insert(name, Class { bases, base, defines: BTreeSet::new() });
        } else if let (Some(name), false, Some(class)) = (method(line), is_missing(line), classes.get_mut(current)) {
            class.defines.insert(name);
        }
    }
    let inherits = |of: &str, name: &str| {
        // As many steps as there are classes, so that it ends whatever the lines say.
        let mut class = classes.get(of);
        for _ in 0..classes.len() {
            let Some(derived) = class else { return false };
            class = derived.base.and_then(|base| classes.get(base));
            if derived.has_of_python(name) || class.is_some_and(|base| base.defines.contains(name)) {
                return true;
            }
        }
        false
    };
    let mut current = "";
    let mut kept = Vec::new();
    for line in lines {
        current = class(line).map_or(current, |(name, _)| name);
        if !is_missing(line) || !method(line).is_some_and(|name| inherits(current, name)) {
            kept.push(line.as_str());
        }
    }
    kept
}

/// The name in the line of a class at the top, and what follows the parenthesis of its bases.
fn class(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("class ")?;
    let end = rest.find(['(', ':'])?;
    Some((&rest[..end], rest[end..].trim_start_matches('(')))
}

/// The name in the line of a method.
fn method(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("    ")?;
    let rest = rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("def ")?;
    rest.split('(').next()
}

/// Whether a line is that of an operator that the class does not have.
fn is_missing(line: &str) -> bool {
    line.contains(": $Never")
}

#[cfg(test)]
mod tests {
    use super::without_inherited;

    #[test]
    fn what_a_base_has_is_left_out() {
        let text = r"class Base:
    def __lt__(self, other: @Base@, /) -> $bool: ...
    def __gt__(self, value: $Never, /) -> $Any: ...
class Between(@Base@):
    def f(self) -> None: ...
class Derived(@Between@):
    def __le__(self, other: @Base@, /) -> $bool: ...
    def __lt__(self, value: $Never, /) -> $Any: ...
    def __gt__(self, value: $Never, /) -> $Any: ...
class Dictionary($dict[$Any, $Any]):
    def __ror__(self, value: $Never, /) -> $Any: ...
    def __gt__(self, value: $Never, /) -> $Any: ...
class Failed(@ValueError@):
    def __gt__(self, value: $Never, /) -> $Any: ...
class Odd(@Odd@):
    def __gt__(self, value: $Never, /) -> $Any: ...";
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let named = |rust: &str| ["Base", "Between", "Derived", "Odd"].into_iter().find(|name| *name == rust);
        let kept = without_inherited(&lines, named);
        let mut expected: Vec<&str> = text.lines().collect();
        // Those of `Derived` and `Dictionary` that `Base` and `dict` have.
        expected.remove(10);
        expected.remove(7);
        assert_eq!(kept, expected);
    }
}
