//! The comparison for people.

use super::Comparison;
use crate::report::formats::plain;

/// The comparison for people.
pub fn text(comparison: &Comparison) -> String {
    let Comparison { old, new, .. } = comparison;
    let mut out =
        format!("{} (CPython {}) -> {} (CPython {})\n", plain(&old.target), old.python, plain(&new.target), new.python);
    for name in &comparison.removed {
        out += &format!("- {}: module removed\n", plain(name));
    }
    for name in &comparison.added {
        out += &format!("+ {}: module added\n", plain(name));
    }
    for module in &comparison.modules {
        let (was, is) = (plain(&module.old.0), plain(&module.new.0));
        let name = if was == is { was.clone() } else { format!("{was} -> {is}") };
        let unexpected = module.changes.iter().filter(|change| !change.expected).count();
        let count = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
        let (types, found) = (count(module.types_compared, "type"), count(unexpected, "change"));
        out += &format!("\n{name}: {types} compared, {found}\n");
        let mut place = None;
        for change in &module.changes {
            if place != Some(&change.type_name) {
                out += &format!("\n  {}\n", plain(change.type_name.as_deref().unwrap_or("the module")));
                place = Some(&change.type_name);
            }
            let value = |value: &Option<String>| value.as_deref().map_or_else(|| "-".to_owned(), shortened);
            let note = if change.expected { "  (as a heap type has it)" } else { "" };
            let lines = match (&change.old_source, &change.new_source) {
                (Some(old), Some(new)) if old == new => format!("  [{}]", plain(old)),
                (Some(old), Some(new)) => format!("  [{} -> {}]", plain(old), plain(new)),
                (Some(one), None) | (None, Some(one)) => format!("  [{}]", plain(one)),
                (None, None) => String::new(),
            };
            let (was, is) = (value(&change.old), value(&change.new));
            out += &format!("    {}: {}: {was} -> {is}{note}{lines}\n", change.aspect, plain(&change.item));
            if let Some(advice) = change.advice.as_ref().filter(|_| !change.expected) {
                out += &format!("      {advice}\n");
            }
        }
    }
    out += if comparison.lossless() { "\nNothing else changed: lossless.\n" } else { "" };
    out
}

/// A value on one line of bearable length; JSON has it whole.
fn shortened(text: &str) -> String {
    const MOST: usize = 100;
    let text = plain(text);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
